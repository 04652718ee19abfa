import { AUDIENCE, EXPENSES, ISSUER, JWKS_URI, SCOPE } from './settings.js';

/** Program: starts the server named by the first argument and tells the runner its port. */
const { start } = await import(`../servers/${process.argv[2]}.js`);
const port = await start({
  issuer: ISSUER,
  jwksUri: JWKS_URI,
  audience: AUDIENCE,
  scope: SCOPE,
  expenses: EXPENSES,
});
process.send({ port });
process.on('disconnect', () => process.exit());
