import { Readable } from 'node:stream';
import type { Query } from '../api/api-client.js';
import type { Expense } from '../api/api.schemas.js';
import type { ExpensesApi } from '../api/expenses-api.js';

const PAGE_SIZE = '500';

/** All expenses of a list, page after page. */
export async function* allExpenses(api: ExpensesApi, session: string, query: Query): AsyncGenerator<Expense> {
  let cursor: string | undefined;
  do {
    const part = await api.list(session, {
      ...query,
      limit: PAGE_SIZE,
      ...(cursor !== undefined && { cursor }),
    });
    yield* part.items;
    cursor = part.next;
  } while (cursor !== undefined);
}

/** Expenses as one JSON array, written while they are read. */
export async function* jsonArray(expenses: AsyncIterable<Expense>): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const expense of expenses) {
    yield separator + JSON.stringify(expense);
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

/**
 * The parts as a stream, the first of which is there already: what keeps it from beginning is thrown here, where it can
 * still become a page.
 */
export async function begun(parts: AsyncGenerator<string>): Promise<Readable> {
  const first = await parts.next();
  return Readable.from(
    (async function* () {
      if (first.done) return;
      yield first.value;
      yield* parts;
    })(),
  );
}
