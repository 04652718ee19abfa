import { loadConfiguration } from '../config/config.module.js';
import { prepareDatabase } from '../database/prepare.js';
import { DrizzleExpensesRepository } from '../expenses/storage/drizzle-expenses.repository.js';
import { toBatch } from '../expenses/storage/import-batch.js';
import { owner } from '../expenses/owner.js';
import { isHelp, run } from '../process/command.js';
import { twoExpenses, yearOfExpenses } from './sample-expenses.js';

const USAGE = `npm run db:seed
Sample expenses for the sample users that have none yet, in the database of DATABASE_URL.
Ends with 2 when it cannot.`;

const samples = [
  { subject: 'auth0|alice', expenses: twoExpenses },
  { subject: 'lab-cli@clients', expenses: twoExpenses },
  { subject: 'auth0|bob', expenses: yearOfExpenses(new Date()) },
];

await run(async () => {
  if (isHelp(USAGE)) return 0;
  const { environment } = await loadConfiguration();
  const database = await prepareDatabase(environment);
  try {
    const repository = new DrizzleExpensesRepository(database);
    for (const { subject, expenses } of samples) {
      const author = { owner: owner.parse(subject), clientId: 'seed' };
      const list = { owners: author.owner, filters: {}, sort: '-date' } as const;
      if ((await repository.count(list, 1)) > 0) continue;
      const { imported } = await repository.import(author, [toBatch(expenses)]);
      process.stdout.write(`${imported} sample expenses for ${subject}\n`);
    }
  } finally {
    await database.close();
  }
  return 0;
});
