import { Injectable } from '@nestjs/common';
import { decodeCursor, encodeCursor } from './cursor.js';
import {
  decimalsFault,
  type Expense,
  type ExpenseFields,
  type ExpensePatch,
  fitsCurrency,
} from './expense.schema.js';
import { ExpenseNotFound, InvalidCursor, ValueDoesNotFit } from './expenses.errors.js';
import type { Filters, ListQuery } from './expenses.query.js';
import { ExpensesRepository } from './storage/expenses.repository.js';
import { fingerprint } from './storage/idempotency.js';
import type { Author, Owners } from './owner.js';

/** A page of a list and, when there are more rows, where the next one begins. */
export interface ExpensePage {
  readonly expenses: Expense[];
  readonly next?: string;
}

/** Rows that an export reads at a time. */
const EXPORT_BATCH = 1000;

@Injectable()
export class ExpensesService {
  constructor(private readonly repository: ExpensesRepository) {}

  /** @throws InvalidCursor */
  async list(owners: Owners, { limit, cursor, ...filters }: ListQuery): Promise<ExpensePage> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, owners, filters);
    if (cursor !== undefined && !after) throw new InvalidCursor();
    // One row more than asked for tells whether there is a next page.
    const found = await this.repository.list(owners, filters, { limit: limit + 1, after });
    if (found.length <= limit) return { expenses: found };
    const expenses = found.slice(0, limit);
    return { expenses, next: encodeCursor(expenses.at(-1)!, owners, filters) };
  }

  /** @throws ExpenseNotFound */
  async find(owners: Owners, id: string): Promise<Expense> {
    const expense = await this.repository.find(owners, id);
    if (!expense) throw new ExpenseNotFound();
    return expense;
  }

  /**
   * @param idempotencyKey makes a repeated call return what the first one returned
   * @throws IdempotencyKeyReused
   */
  create(author: Author, expense: ExpenseFields, idempotencyKey?: string): Promise<Expense> {
    const retry = idempotencyKey && { key: idempotencyKey, fingerprint: fingerprint('create', expense) };
    return this.repository.create(author, expense, retry || undefined);
  }

  /**
   * Changes some fields of an expense.
   *
   * @param check of the expense before the change, which may refuse it by throwing
   * @throws ExpenseNotFound, ValueDoesNotFit
   */
  async update(
    author: Author,
    id: string,
    patch: ExpensePatch,
    check: (current: Expense) => void,
  ): Promise<Expense> {
    const updated = await this.repository.update(author, id, (current) => {
      check(current);
      const { date, description, value, currency, category } = current;
      const fields = { date, description, value, currency, category, ...patch };
      if (!fitsCurrency(fields)) throw new ValueDoesNotFit(decimalsFault({ input: fields }));
      return fields;
    });
    if (!updated) throw new ExpenseNotFound();
    return updated;
  }

  /** @throws ExpenseNotFound */
  async remove(author: Author, id: string, check: (current: Expense) => void): Promise<void> {
    if (!(await this.repository.remove(author, id, check))) throw new ExpenseNotFound();
  }

  /** All expenses of a list, read in parts of constant size, so that a million of them fit into little memory. */
  async *all(owners: Owners, filters: Filters): AsyncGenerator<Expense> {
    let after: Expense | undefined;
    do {
      const expenses = await this.repository.list(owners, filters, { limit: EXPORT_BATCH, after });
      yield* expenses;
      after = expenses.length === EXPORT_BATCH ? expenses.at(-1) : undefined;
    } while (after);
  }
}
