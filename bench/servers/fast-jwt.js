import { createVerifier } from 'fast-jwt';
import Fastify from 'fastify';
import buildGetJwks from 'get-jwks';
import { refusal } from '../lib/refusal.js';

/** fast-jwt's verifier with its cache of verified tokens, keys by get-jwks as its README shows. */
export async function start({ issuer, audience, scope, expenses }) {
  const keys = buildGetJwks({ issuersWhitelist: [issuer] });
  const verify = createVerifier({
    key: ({ header }) => keys.getPublicKey({ kid: header.kid, alg: header.alg, domain: issuer }),
    algorithms: ['RS256'],
    allowedIss: issuer,
    allowedAud: audience,
    requiredClaims: ['iss', 'aud', 'exp'],
    cache: 10_000,
  });
  const app = Fastify();
  app.decorateRequest('user', null);
  app.addHook('onRequest', async (request) => {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    if (scheme !== 'Bearer' || !token) throw refusal(401);
    request.user = await verify(token).catch((error) => {
      throw refusal(401, error);
    });
    if (!request.user.scope?.split(' ').includes(scope)) throw refusal(403);
  });
  app.get('/', async () => expenses);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app.server.address().port;
}
