import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Environment } from '../config/environment.js';
import { decodeCursor, encodeCursor, type List, positionOf } from './cursor.js';
import type { Expense, ExpenseFields, ExpensePatch } from './expense.schema.js';
import { applyPatch } from './expense.patch.js';
import { ExpenseNotFound, InvalidCursor } from './expenses.errors.js';
import { DEFAULT_LIMIT, type HistoryQuery } from './expenses.query.js';
import type { HistoryEntry } from './storage/audit-trail.js';
import { type Created, ExpensesRepository } from './storage/expenses.repository.js';
import { retryOf } from './storage/idempotency.js';
import type { Author, Owners } from './owner.js';
import { shareOfPool, Turns } from './turns.js';

/** A page of a list or a history and, when there is more of it, where the next page begins. */
export interface ResultPage<Row> {
  readonly rows: Row[];
  readonly next?: string;
}

/** Up to how many expenses are counted: a count of all would read them all. */
const COUNT_LIMIT = 10_000;

/** What can be done with expenses. Knows nothing of HTTP or tokens: whose expenses it is about, each method is told. */
@Injectable()
export class ExpensesService {
  private readonly exports: Turns;

  constructor(
    private readonly repository: ExpensesRepository,
    config: ConfigService<Environment, true>,
  ) {
    this.exports = new Turns(
      'too_many_exports',
      shareOfPool(config.get('DATABASE_POOL_SIZE', { infer: true })),
    );
  }

  /**
   * A page of a list.
   *
   * @param limit most rows
   * @param cursor the `next` of the page before; without it the page is the first
   * @throws InvalidCursor
   */
  async list(
    list: List,
    { limit = DEFAULT_LIMIT, cursor }: { readonly limit?: number; readonly cursor?: string },
  ): Promise<ResultPage<Expense>> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, list);
    if (cursor !== undefined && !after) throw new InvalidCursor();
    // One row more than asked for tells whether there is a next page.
    const found = await this.repository.list(list, { limit: limit + 1, after });
    if (found.length <= limit) return { rows: found };
    const rows = found.slice(0, limit);
    return { rows, next: encodeCursor(positionOf(rows.at(-1)!, list.sort), list) };
  }

  /** How many expenses a list has, exactly up to 10,000; beyond that `10000+`. */
  async count(list: List): Promise<string> {
    const count = await this.repository.count(list, COUNT_LIMIT + 1);
    return count > COUNT_LIMIT ? `${COUNT_LIMIT}+` : String(count);
  }

  /**
   * What happened to an expense, newest first; also to one that was deleted.
   * @throws ExpenseNotFound
   */
  async history(
    owners: Owners,
    id: string,
    { limit = DEFAULT_LIMIT, cursor }: HistoryQuery,
  ): Promise<ResultPage<HistoryEntry>> {
    const found = await this.repository.history(owners, id, { limit: limit + 1, before: cursor });
    if (found.length === 0) await this.assertKnown(owners, id);
    if (found.length <= limit) return { rows: found };
    const rows = found.slice(0, limit);
    return { rows, next: String(rows.at(-1)!.version) };
  }

  /**
   * Whether there is or was an expense. Nothing may be known of the past of one that an early version of the service
   * imported.
   * @throws ExpenseNotFound
   */
  private async assertKnown(owners: Owners, id: string): Promise<void> {
    const changes = await this.repository.history(owners, id, { limit: 1 });
    if (changes.length === 0) await this.find(owners, id);
  }

  /**
   * An expense of these owners.
   * @throws ExpenseNotFound
   */
  async find(owners: Owners, id: string): Promise<Expense> {
    const expense = await this.repository.find(owners, id);
    if (!expense) throw new ExpenseNotFound();
    return expense;
  }

  /**
   * Adds an expense of the author.
   *
   * @param idempotencyKey makes a repeated call return what the first one returned
   * @throws IdempotencyKeyReused
   */
  create(author: Author, expense: ExpenseFields, idempotencyKey?: string): Promise<Created> {
    return this.repository.create(author, expense, retryOf(idempotencyKey, 'create', expense));
  }

  /**
   * Changes some fields of an expense.
   *
   * @param check of the expense before the change, which may refuse it by throwing
   * @throws ExpenseNotFound, InvalidPatch
   */
  async update(
    author: Author,
    id: string,
    patch: ExpensePatch,
    check: (current: Expense) => void,
  ): Promise<Expense> {
    const updated = await this.repository.update(author, id, (current) => {
      check(current);
      return applyPatch(current, patch);
    });
    if (!updated) throw new ExpenseNotFound();
    return updated;
  }

  /**
   * Deletes an expense of the author.
   *
   * @param check of the expense before, which may refuse it by throwing
   * @throws ExpenseNotFound
   */
  async remove(author: Author, id: string, check: (current: Expense) => void): Promise<void> {
    if (!(await this.repository.remove(author, id, check))) throw new ExpenseNotFound();
  }

  /**
   * Deletes all expenses of the author.
   * @returns how many there were
   */
  removeAll(author: Author): Promise<number> {
    return this.repository.removeAll(author);
  }

  /**
   * All expenses of a list as they are at one moment, read in parts of constant size, so that a million of them fit into
   * little memory.
   *
   * @param caller who may have one export at a time
   * @throws TooManyRequests
   */
  async *all(list: List, caller: string): AsyncGenerator<Expense> {
    const giveBack = this.exports.take(caller);
    try {
      for await (const expenses of this.repository.all(list)) yield* expenses;
    } finally {
      giveBack();
    }
  }
}
