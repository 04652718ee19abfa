import { createServer } from 'node:http';
import { publicKeySet } from './keys.js';
import { ISSUER, ISSUER_PORT, JWKS_URI } from './settings.js';

/**
 * Program: the OpenID Connect issuer of the benchmark, discovery and key set only, signing with the algorithm that is the
 * first argument. Started by the runner.
 */
const algorithm = process.argv[2];
const documents = {
  '/.well-known/openid-configuration': {
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}authorize`,
    token_endpoint: `${ISSUER}oauth/token`,
    jwks_uri: JWKS_URI,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [algorithm],
  },
  '/.well-known/jwks.json': publicKeySet(algorithm),
};

createServer((request, response) => {
  const document = documents[request.url];
  response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(document ?? {}));
}).listen(ISSUER_PORT, '127.0.0.1', () => process.send({ port: ISSUER_PORT }));

process.on('disconnect', () => process.exit());
