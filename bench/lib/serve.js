import { AUDIENCE, EXPENSES, ISSUER, JWKS_URI, SCOPE, SERVER_URL } from './settings.js';

/**
 * Program: starts the server named by the first argument, for tokens of the algorithm that is the second, and for bound ones
 * too where there is a third; tells the runner its port.
 */
const [, , name, algorithm, bound] = process.argv;
const { start } = await import(`../servers/${name}.js`);
const port = await start({
  issuer: ISSUER,
  jwksUri: JWKS_URI,
  audience: AUDIENCE,
  algorithm,
  url: bound && SERVER_URL,
  scope: SCOPE,
  expenses: EXPENSES,
});
process.send({ port });
process.on('disconnect', () => process.exit());
