import type { StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { csvAnswer } from './csv.js';
import type { Expense } from './expense.schema.js';
import type { ListQuery } from './expenses.query.js';
import { EVERYBODY, type Owners } from './owner.js';

/**
 * What clients see of an expense.
 * @param asked the owners that the request named; without them all are the caller's, and the owner goes without saying
 */
export function present(expense: Expense, asked?: Owners) {
  const { id, owner, date, description, value, currency, category, createdAt, updatedAt } = expense;
  const answer = { id, date, description, value, currency, category, createdAt, updatedAt };
  return asked === undefined ? answer : { ...answer, owner };
}

/** The version of an expense as a strong entity tag (RFC 9110, 8.8.3). */
export function entityTag({ version }: Expense): string {
  return `"${version}"`;
}

/** A single expense with its entity tag, for If-Match. */
export function tagged(reply: FastifyReply, expense: Expense, asked?: Owners) {
  void reply.header('etag', entityTag(expense));
  return present(expense, asked);
}

/** Points at the next page, and from later pages at the first one (RFC 8288), relative to the address of the list. */
export function linkPages(reply: FastifyReply, query: ListQuery, next: string | undefined): void {
  const links = [];
  if (next !== undefined) links.push(`<?${search({ ...query, cursor: next })}>; rel="next"`);
  if (query.cursor !== undefined) links.push(`<?${search({ ...query, cursor: undefined })}>; rel="first"`);
  if (links.length > 0) void reply.header('link', links.join(', '));
}

function search(query: ListQuery): string {
  const asked = { ...query, owner: query.owner === EVERYBODY ? '*' : query.owner };
  const given = Object.entries(asked).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

/** All rows of the list as CSV. */
export function exportExpenses(
  { owner }: ListQuery,
  expenses: AsyncIterable<Expense>,
): Promise<StreamableFile> {
  const columns = [
    'id',
    'date',
    'description',
    'value',
    'currency',
    'category',
    'createdAt',
    'updatedAt',
  ] as const;
  return csvAnswer('expenses', owner === undefined ? columns : [...columns, 'owner' as const], expenses);
}
