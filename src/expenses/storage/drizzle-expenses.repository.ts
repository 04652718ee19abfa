import { Injectable } from '@nestjs/common';
import { and, desc, eq, type SQL, sql } from '../../database/drizzle.js';
import { v7 as uuidv7 } from 'uuid';
import { Database, type Queries } from '../../database/database.js';
import { expenses } from '../../database/schema.js';
import { audit } from './audit-trail.js';
import type { Expense, ExpenseFields } from '../expense.schema.js';
import { comesAfter, matching, ownedBy } from './expenses.conditions.js';
import type { Filters } from '../expenses.query.js';
import { ExpensesRepository, type Page } from './expenses.repository.js';
import { once, type Retry } from './idempotency.js';
import { type Author, EVERYBODY, type Owner, type Owners } from '../owner.js';

/** Newest first: by date, and within a date by id, which begins with the time of its making. */
const newestFirst = [desc(expenses.date), desc(expenses.id)];

/** Expenses in PostgreSQL or PGlite. */
@Injectable()
export class DrizzleExpensesRepository extends ExpensesRepository {
  private readonly prepared: ReturnType<typeof prepare>;

  constructor(private readonly database: Database) {
    super();
    this.prepared = prepare(database.queries);
  }

  list(owners: Owners, filters: Filters, page: Page): Promise<Expense[]> {
    const { limit, after } = page;
    return this.database.query((queries) => {
      if (owners === EVERYBODY || !isEmpty(filters)) return selectPage(queries, owners, filters, page);
      return after
        ? this.prepared.nextPage.execute({ owner: owners, limit, date: after.date, id: after.id })
        : this.prepared.firstPage.execute({ owner: owners, limit });
    });
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

  create(author: Author, expense: ExpenseFields, retry?: Retry): Promise<Expense> {
    return this.database.transaction((transaction) =>
      once(transaction, author.owner, retry, async () => {
        const [created] = await transaction
          .insert(expenses)
          .values({ id: uuidv7(), owner: author.owner, ...expense })
          .returning();
        await audit(transaction, author, { action: 'create', expenseId: created!.id, after: created });
        return created!;
      }),
    );
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

  import(
    author: Author,
    batches: AsyncIterable<readonly ExpenseFields[]> | Iterable<readonly ExpenseFields[]>,
    retry?: Retry,
  ): Promise<number> {
    return this.database.transaction((transaction) =>
      once(transaction, author.owner, retry, async () => {
        let rows = 0;
        for await (const batch of batches) {
          await transaction.execute(insertBatch(author.owner, batch));
          rows += batch.length;
        }
        await audit(transaction, author, { action: 'import', after: { rows } });
        return rows;
      }),
    );
  }
}

/** The query of a page. */
export function selectPage(queries: Queries, owners: Owners, filters: Filters, { limit, after }: Page) {
  return queries
    .select()
    .from(expenses)
    .where(and(matching(owners, filters), after && comesAfter(after)))
    .orderBy(...newestFirst)
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

/** As JSON, for a statement with a parameter per value takes the server much longer to read than to execute. */
function insertBatch(owner: Owner, batch: readonly ExpenseFields[]): SQL {
  const rows = JSON.stringify(batch.map((fields) => ({ ...fields, id: uuidv7() })));
  return sql`
    INSERT INTO ${expenses} (id, owner, date, description, value, currency, category)
    SELECT id, ${owner}, date, description, value, currency, category
    FROM json_to_recordset(${rows}::json) AS batch
      (id uuid, date date, description text, value numeric, currency text, category text)`;
}

function isEmpty(filters: Filters): boolean {
  return Object.entries(filters).every(([name, value]) => value === undefined || name === 'owner');
}

/** The statements of the busiest requests, which the server parses and plans once per connection. */
function prepare(queries: Queries) {
  const limit = sql.placeholder('limit');
  const own = eq(expenses.owner, sql.placeholder('owner'));
  const page = () =>
    queries
      .select()
      .from(expenses)
      .orderBy(...newestFirst)
      .limit(limit);
  const position = { date: sql.placeholder('date'), id: sql.placeholder('id') };
  return {
    firstPage: page().where(own).prepare('expenses_first_page'),
    nextPage: page()
      .where(and(own, comesAfter(position)))
      .prepare('expenses_next_page'),
  };
}
