import { Injectable } from '@nestjs/common';
import { and, eq, type SQL, sql } from '../../database/drizzle.js';
import { v7 as uuidv7 } from 'uuid';
import { Database, type Queries } from '../../database/database.js';
import { expenses } from '../../database/schema.js';
import { audit, auditAll, type HistoryEntry, selectHistory } from './audit-trail.js';
import { type List, positionOf } from '../cursor.js';
import type { Expense, ExpenseFields } from '../expense.schema.js';
import { comesAfter, orderBy, ownedBy, passes } from './expenses.conditions.js';
import type { Filters } from '../expenses.query.js';
import { type Created, ExpensesRepository, type HistoryPage, type Page } from './expenses.repository.js';
import { answerOnce, type Retry } from './idempotency.js';
import { type ImportBatch, type Imported, insertBatch, tryBatch } from './import-batch.js';
import { type Author, EVERYBODY, type Owner, type Owners } from '../owner.js';

/** The order that most lists have. */
const NEWEST_FIRST = '-date';

/** Rows that an export reads at a time. */
const EXPORT_BATCH = 1000;

/** Rows that are deleted by one statement, which so ends long before the time that a statement has. */
const DELETE_ROWS = 10_000;

/** Expenses in PostgreSQL or PGlite. */
@Injectable()
export class DrizzleExpensesRepository extends ExpensesRepository {
  private readonly prepared: ReturnType<typeof prepare>;

  constructor(private readonly database: Database) {
    super();
    this.prepared = prepare(database.queries);
  }

  list(list: List, page: Page): Promise<Expense[]> {
    const { owners, filters, sort } = list;
    const { limit, after } = page;
    return this.database.query((queries) => {
      const isUsual = owners !== EVERYBODY && sort === NEWEST_FIRST && isEmpty(filters);
      if (!isUsual) return selectPage(queries, list, page);
      return after
        ? this.prepared.nextPage.execute({ owner: owners, limit, at: after.at, id: after.id })
        : this.prepared.firstPage.execute({ owner: owners, limit });
    });
  }

  all(list: List): AsyncGenerator<Expense[]> {
    return this.database.snapshot((queries) => everyPage(queries, list));
  }

  async count({ owners, filters }: List, limit: number): Promise<number> {
    const some = sql`SELECT FROM ${expenses} WHERE ${passes(owners, filters) ?? sql`true`} LIMIT ${limit}`;
    const [row] = await this.database.query((queries) =>
      rowsOf<{ count: number }>(queries, sql`SELECT count(*)::int AS count FROM (${some}) AS counted`),
    );
    return row!.count;
  }

  async find(owners: Owners, id: string): Promise<Expense | undefined> {
    const [expense] = await this.database.query((queries) =>
      queries
        .select()
        .from(expenses)
        .where(and(ownedBy(owners), eq(expenses.id, id))),
    );
    return expense;
  }

  async history(owners: Owners, id: string, page: HistoryPage): Promise<HistoryEntry[]> {
    const entries = await this.database.query((queries) => selectHistory(queries, owners, id, page));
    return entries as HistoryEntry[];
  }

  async create(author: Author, fields: ExpenseFields, retry?: Retry): Promise<Created> {
    const { answer, isReplay } = await this.database.transaction((transaction) =>
      answerOnce(transaction, author.owner, retry, async () => {
        const [created] = await transaction
          .insert(expenses)
          .values({ id: uuidv7(), owner: author.owner, ...fields })
          .returning();
        await audit(transaction, author, { action: 'create', expenseId: created!.id, after: created });
        return created!;
      }),
    );
    return { expense: answer, isReplay };
  }

  update(
    author: Author,
    id: string,
    change: (current: Expense) => ExpenseFields,
  ): Promise<Expense | undefined> {
    return this.database.transaction(async (transaction) => {
      const before = await lock(transaction, author, id);
      if (!before) return undefined;
      const fields = change(before);
      if (isSame(before, fields)) return before;
      const [changed] = await transaction
        .update(expenses)
        .set({ ...fields, version: before.version + 1, updatedAt: sql`now()` })
        .where(and(ownedBy(author.owner), eq(expenses.id, id)))
        .returning();
      await audit(transaction, author, { action: 'update', expenseId: id, before, after: changed });
      return changed;
    });
  }

  remove(author: Author, id: string, check: (current: Expense) => void): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const before = await lock(transaction, author, id);
      if (!before) return false;
      check(before);
      await transaction.delete(expenses).where(and(ownedBy(author.owner), eq(expenses.id, id)));
      await audit(transaction, author, { action: 'delete', expenseId: id, before });
      return true;
    });
  }

  removeAll(author: Author): Promise<number> {
    return this.database.transaction(async (transaction) => {
      let deleted = 0;
      for (;;) {
        const [row] = await rowsOf<{ count: number }>(transaction, deleteSome(author));
        deleted += row!.count;
        if (row!.count < DELETE_ROWS) return deleted;
      }
    });
  }

  async import(
    author: Author,
    batches: AsyncIterable<ImportBatch> | Iterable<ImportBatch>,
    retry?: Retry,
  ): Promise<Imported & { readonly isReplay: boolean }> {
    const { answer, isReplay } = await this.database.transaction((transaction) =>
      answerOnce(transaction, author.owner, retry, async () => {
        const counts = await addUp(transaction, batches, (batch) => insertBatch(author, batch));
        await audit(transaction, author, { action: 'import', after: counts });
        return counts;
      }),
    );
    return { ...answer, isReplay };
  }

  tryImport(owner: Owner, batches: AsyncIterable<ImportBatch>): Promise<Imported> {
    return this.database.query((queries) => addUp(queries, batches, (batch) => tryBatch(owner, batch)));
  }
}

async function rowsOf<Row>(queries: Queries, query: SQL): Promise<Row[]> {
  const result: unknown = await queries.execute(query);
  return (result as { rows: Row[] }).rows;
}

/** What became of the rows of all batches, one batch after the other. */
async function addUp(
  queries: Queries,
  batches: AsyncIterable<ImportBatch> | Iterable<ImportBatch>,
  toQuery: (batch: ImportBatch) => SQL,
): Promise<Imported> {
  let imported = 0;
  let skipped = 0;
  for await (const batch of batches) {
    const [row] = await rowsOf<Imported>(queries, toQuery(batch));
    imported += row!.imported;
    skipped += row!.skipped;
  }
  return { imported, skipped };
}

function deleteSome(author: Author): SQL {
  const some = sql`SELECT id FROM ${expenses} WHERE ${ownedBy(author.owner)} LIMIT ${DELETE_ROWS}`;
  return sql`
    WITH deleted AS (DELETE FROM ${expenses} WHERE id IN (${some}) RETURNING *),
    noted AS (${auditAll(author, 'delete', sql`deleted`)})
    SELECT count(*)::int AS count FROM deleted`;
}

async function* everyPage(queries: Queries, list: List): AsyncGenerator<Expense[]> {
  let after: Page['after'];
  for (;;) {
    const page = await selectPage(queries, list, { limit: EXPORT_BATCH, after });
    yield page;
    if (page.length < EXPORT_BATCH) return;
    after = positionOf(page.at(-1)!, list.sort);
  }
}

/** The query of a page. */
export function selectPage(queries: Queries, { owners, filters, sort }: List, { limit, after }: Page) {
  return queries
    .select()
    .from(expenses)
    .where(and(passes(owners, filters), after && comesAfter(sort, after)))
    .orderBy(...orderBy(sort))
    .limit(limit);
}

/** The author's expense, which nobody else can change before the transaction ends. */
async function lock(transaction: Queries, author: Author, id: string): Promise<Expense | undefined> {
  const [expense] = await transaction
    .select()
    .from(expenses)
    .where(and(ownedBy(author.owner), eq(expenses.id, id)))
    .for('update');
  return expense;
}

function isSame(expense: Expense, fields: ExpenseFields): boolean {
  return Object.entries(fields).every(([name, value]) => expense[name as keyof ExpenseFields] === value);
}

function isEmpty(filters: Filters): boolean {
  return Object.values(filters).every((value) => value === undefined);
}

/** The statements of the busiest requests, which the server parses and plans once per connection. */
function prepare(queries: Queries) {
  const limit = sql.placeholder('limit');
  const own = eq(expenses.owner, sql.placeholder('owner'));
  const page = () =>
    queries
      .select()
      .from(expenses)
      .orderBy(...orderBy(NEWEST_FIRST))
      .limit(limit);
  const position = { at: sql.placeholder('at'), id: sql.placeholder('id') };
  return {
    firstPage: page().where(own).prepare('expenses_first_page'),
    nextPage: page()
      .where(and(own, comesAfter(NEWEST_FIRST, position)))
      .prepare('expenses_next_page'),
  };
}
