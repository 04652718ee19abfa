import { loadConfiguration } from '../config/config.module.js';
import { migrationSettings, prepareDatabase } from '../database/prepare.js';
import { explainStartFailure } from '../process/start-failure.js';

/**
 * `npm run db:migrate`, and `node dist/cli/migrate.js` in the image: applies the missing migrations, as the role of
 * DATABASE_MIGRATION_URL if there is one, without starting the service.
 */
try {
  const { environment } = await loadConfiguration();
  const database = await prepareDatabase(migrationSettings(environment), {
    onWait: (wait) =>
      process.stderr.write(`${JSON.stringify({ level: 'warn', time: Date.now(), ...wait })}\n`),
  });
  await database.close();
  process.stdout.write('The database is up to date.\n');
} catch (error) {
  process.stderr.write(`${explainStartFailure(error)}\n`);
  process.exitCode = 1;
}
