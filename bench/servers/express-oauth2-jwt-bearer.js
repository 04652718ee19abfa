import { once } from 'node:events';
import express from 'express';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';
import { answerRefusal } from '../lib/refusal.js';

/** Auth0's middleware for Express, as its README shows; it takes bound tokens by itself. */
export async function start({ issuer, audience, algorithm, scope, expenses }) {
  const app = express();
  app.use(auth({ issuerBaseURL: issuer, audience, tokenSigningAlg: algorithm }));
  app.get('/', requiredScopes(scope), (_request, response) => response.json(expenses));
  app.use(answerRefusal);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}
