import { once } from 'node:events';
import express from 'express';
import { expressjwt } from 'express-jwt';
import jwtAuthz from 'express-jwt-authz';
import jwksRsa from 'jwks-rsa';
import { answerRefusal } from '../lib/refusal.js';

/** express-jwt, express-jwt-authz and jwks-rsa, as Auth0's quickstart for Express combined them for years. */
export async function start({ issuer, jwksUri, audience, scope, expenses }) {
  const app = express();
  app.use(
    expressjwt({
      secret: jwksRsa.expressJwtSecret({ cache: true, rateLimit: true, jwksRequestsPerMinute: 5, jwksUri }),
      audience,
      issuer,
      algorithms: ['RS256'],
    }),
  );
  app.get('/', jwtAuthz([scope], { customUserKey: 'auth' }), (_request, response) => response.json(expenses));
  app.use(answerRefusal);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}
