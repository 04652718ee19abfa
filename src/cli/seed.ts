import { loadConfiguration } from '../config/config.module.js';
import { prepareDatabase } from '../database/prepare.js';
import { DrizzleExpensesRepository } from '../expenses/storage/drizzle-expenses.repository.js';
import { owner } from '../expenses/owner.js';
import { explainStartFailure } from '../process/start-failure.js';
import { twoExpenses, yearOfExpenses } from './sample-expenses.js';

/** `npm run db:seed`: sample expenses for the sample users that have none yet, so that it can run again and again. */
const samples = [
  { subject: 'auth0|alice', expenses: twoExpenses },
  { subject: 'lab-cli@clients', expenses: twoExpenses },
  { subject: 'auth0|bob', expenses: yearOfExpenses(new Date()) },
];

try {
  const { environment } = await loadConfiguration();
  const database = await prepareDatabase(environment);
  try {
    const repository = new DrizzleExpensesRepository(database);
    for (const { subject, expenses } of samples) {
      const author = { owner: owner.parse(subject), clientId: 'seed' };
      if ((await repository.list(author.owner, {}, { limit: 1 })).length > 0) continue;
      const rows = await repository.import(author, [expenses]);
      process.stdout.write(`${rows} sample expenses for ${subject}\n`);
    }
  } finally {
    await database.close();
  }
} catch (error) {
  process.stderr.write(`${explainStartFailure(error)}\n`);
  process.exitCode = 1;
}
