import { loadConfiguration } from '../config/config.module.js';
import { migrationSettings, prepareDatabase } from '../database/prepare.js';
import { isHelp, run } from '../process/command.js';

const USAGE = `npm run db:migrate, or node dist/cli/migrate.js in the image
Applies the missing migrations, as the role of DATABASE_MIGRATION_URL if there is one, without starting the service.
Ends with 2 when it cannot.`;

await run(async () => {
  if (isHelp(USAGE)) return 0;
  const { environment } = await loadConfiguration();
  const database = await prepareDatabase(migrationSettings(environment), {
    onWait: (wait) =>
      process.stderr.write(`${JSON.stringify({ level: 'warn', time: Date.now(), ...wait })}\n`),
  });
  await database.close();
  process.stdout.write('The database is up to date.\n');
  return 0;
});
