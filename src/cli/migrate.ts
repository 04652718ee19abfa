import { loadConfiguration } from '../config/config.module.js';
import { prepareDatabase } from '../database/prepare.js';
import { explainStartFailure } from '../process/start-failure.js';

/** `npm run db:migrate`: applies the missing migrations to the database of DATABASE_URL, without starting the service. */
try {
  const { environment } = await loadConfiguration();
  const database = await prepareDatabase(environment);
  await database.close();
  process.stdout.write('The database is up to date.\n');
} catch (error) {
  process.stderr.write(`${explainStartFailure(error)}\n`);
  process.exitCode = 1;
}
