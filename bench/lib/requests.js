import { createHash, randomUUID } from 'node:crypto';
import { proofKey, signingKey, signToken } from './keys.js';
import { PROOF_ALGORITHM, SERVER_HOST, SERVER_URL } from './settings.js';
import { accessToken, readTokens } from './tokens.js';

const CLIENTS = 100;
const BATCH = 256;

/** Requests with the tokens `from` to `to` of the kept pool of an algorithm. */
export function bearerRequests(algorithm, from, to) {
  return readTokens(algorithm, from, to).map((token) => request(`Authorization: Bearer ${token}`));
}

/**
 * Requests of 100 clients, each with one access token that is bound to its key, and a proof of its own with every
 * request (RFC 9449). They are good for as long as proofs are, a minute.
 */
export async function boundRequests(algorithm, count) {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => boundClient(algorithm)));
  const requests = [];
  while (requests.length < count) {
    const batch = Array.from({ length: BATCH }, (_, i) => clients[(requests.length + i) % CLIENTS].request());
    requests.push(...(await Promise.all(batch)));
  }
  return requests;
}

async function boundClient(algorithm) {
  const key = proofKey(PROOF_ALGORITHM);
  const { kty, crv, x, y } = key.publicKey.export({ format: 'jwk' });
  // The members and their order are those of RFC 7638, 3.2.
  const jkt = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  const token = await accessToken(signingKey(algorithm), { cnf: { jkt } });
  const ath = createHash('sha256').update(token).digest('base64url');
  const header = { typ: 'dpop+jwt', jwk: { kty, crv, x, y } };
  return {
    request: async () => {
      const claims = {
        jti: randomUUID(),
        htm: 'GET',
        htu: SERVER_URL,
        iat: Math.floor(Date.now() / 1000),
        ath,
      };
      return request(`Authorization: DPoP ${token}\r\nDPoP: ${await signToken(key, header, claims)}`);
    },
  };
}

function request(credentials) {
  return Buffer.from(`GET / HTTP/1.1\r\nHost: ${SERVER_HOST}\r\n${credentials}\r\n\r\n`);
}
