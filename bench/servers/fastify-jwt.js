import fastifyJwt from '@fastify/jwt';
import Fastify from 'fastify';
import buildGetJwks from 'get-jwks';
import { refusal } from '../lib/refusal.js';

/** The set-up of get-jwks' README, with the cache of verified tokens switched on. */
export async function start({ issuer, audience, scope, expenses }) {
  const keys = buildGetJwks({ issuersWhitelist: [issuer] });
  const app = Fastify();
  await app.register(fastifyJwt, {
    decode: { complete: true },
    secret: (_request, { header, payload }) =>
      keys.getPublicKey({ kid: header.kid, alg: header.alg, domain: payload.iss }),
    verify: {
      algorithms: ['RS256'],
      allowedIss: issuer,
      allowedAud: audience,
      requiredClaims: ['iss', 'aud', 'exp'],
      cache: 10_000,
    },
  });
  app.addHook('onRequest', async (request) => {
    await request.jwtVerify();
    if (!request.user.scope?.split(' ').includes(scope)) throw refusal(403);
  });
  app.get('/', async () => expenses);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app.server.address().port;
}
