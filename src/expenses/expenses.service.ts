import { Injectable } from '@nestjs/common';
import { decodeCursor, encodeCursor } from './cursor.js';
import type { Expense, ExpenseFields } from './expense.schema.js';
import { ExpenseNotFound, InvalidCursor } from './expenses.errors.js';
import type { ListQuery } from './expenses.query.js';
import { ExpensesRepository } from './expenses.repository.js';
import { fingerprint } from './idempotency.js';
import type { Author, Owners } from './owner.js';

/** A page of a list and, when there are more rows, where the next one begins. */
export interface ExpensePage {
  readonly expenses: Expense[];
  readonly next?: string;
}

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
}
