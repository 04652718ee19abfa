import { createApp } from '../../../../src/app.js';
import { twoExpenses, yearOfExpenses } from '../../../../src/cli/sample-expenses.js';
import { ExpensesRepository } from '../../../../src/expenses/storage/expenses.repository.js';
import { toBatch } from '../../../../src/expenses/storage/import-batch.js';
import { owner } from '../../../../src/expenses/owner.js';
import { createTestDatabase } from '../../../../src/testing/test-database.js';

/** A day for which sample expenses, and so pictures of them, are always the same. */
const LAST_DAY = new Date('2026-06-30T00:00:00Z');

/** Starts the API with a database of its own that holds the sample users' expenses. */
export async function startApi(variables: Record<string, string>): Promise<{ close(): Promise<void> }> {
  const database = await createTestDatabase();
  const { app } = await createApp({ DATABASE_URL: database.url, ...variables });
  await app.listen(variables['PORT'] ?? 0, 'localhost');
  const repository = app.get(ExpensesRepository);
  await repository.import({ owner: owner.parse('auth0|alice') }, [toBatch(twoExpenses)]);
  await repository.import({ owner: owner.parse('auth0|bob') }, [toBatch(yearOfExpenses(LAST_DAY))]);
  return {
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}
