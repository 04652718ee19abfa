import { ofApi } from './installation.js';

const { createApp } = await ofApi('app.js');
const { Database } = await ofApi('database/database.js');
const { DatabaseModule } = await ofApi('database/database.module.js');
const { ExpensesModule } = await ofApi('expenses/expenses.module.js');
const { ExpensesRepository } = await ofApi('expenses/storage/expenses.repository.js');

/**
 * Starts the API as `npm run build` leaves it, with its production defaults, rate limits off and expenses in memory.
 *
 * @param settings environment variables beside those
 */
export async function startApi({ issuer, audience, expenses }, settings) {
  const rows = expenses.map((expense) => ({ ...expense, owner: 'everybody', version: 1 }));
  override(ExpensesModule, ExpensesRepository, { list: async () => rows });
  override(DatabaseModule, Database, {
    logOutages: () => undefined,
    // Only the registry of issuers asks it, once at the start.
    transaction: async () => '',
    close: async () => undefined,
  });
  const { app } = await createApp({
    NODE_ENV: 'production',
    BASE_URL: 'http://127.0.0.1:3001',
    ISSUER_BASE_URL: issuer,
    ALLOWED_AUDIENCES: audience,
    DATABASE_URL: 'postgres://never-connected',
    RATE_LIMIT: '0',
    FAILED_AUTH_LIMIT: '0',
    ...settings,
  });
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer().address().port;
}

/** Replaces a provider of a module before the application is made; Nest can do so in its testing module only. */
function override(module, provide, useValue) {
  const providers = Reflect.getMetadata('providers', module);
  const others = providers.filter((provider) => provider.provide !== provide);
  if (others.length !== providers.length - 1)
    throw new Error(`${module.name} does not provide ${provide.name}`);
  Reflect.defineMetadata('providers', [...others, { provide, useValue }], module);
}
