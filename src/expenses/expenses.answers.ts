import type { StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { csvAnswer } from './csv.js';
import type { Expense, ExpenseFields } from './expense.schema.js';
import type { ListQuery } from './expenses.query.js';
import { EVERYBODY, type Owners } from './owner.js';
import type { HistoryEntry } from './storage/audit-trail.js';

/**
 * What clients see of an expense.
 * @param asked the owners that the request named; without them all are the caller's, and the owner goes without saying
 */
export function toAnswer(expense: Expense, asked?: Owners) {
  const { id, owner, date, description, value, currency, category, createdAt, updatedAt } = expense;
  const answer = { id, date, description, value, currency, category, createdAt, updatedAt };
  return asked === undefined ? answer : { ...answer, owner };
}

const ACTIONS = { create: 'created', update: 'updated', delete: 'deleted', import: 'created' } as const;

/** What clients see of a change. */
export function toHistoryAnswer({ at, action, subject, clientId, before, after }: HistoryEntry) {
  return {
    at,
    action: ACTIONS[action],
    subject,
    clientId,
    before: before && clientFields(before),
    after: after && clientFields(after),
  };
}

function clientFields({ date, description, value, currency, category }: ExpenseFields): ExpenseFields {
  return { date, description, value, currency, category };
}

/** The version of an expense as a strong entity tag (RFC 9110, 8.8.3). */
export function entityTag({ version }: Pick<Expense, 'version'>): string {
  return `"${version}"`;
}

/** A single expense with its entity tag, for If-Match and If-None-Match. */
export function answerWithTag(reply: FastifyReply, expense: Expense, asked?: Owners) {
  void reply.header('etag', entityTag(expense));
  return toAnswer(expense, asked);
}

/** The query of something that has pages. */
type PagedQuery = Partial<Omit<ListQuery, 'cursor'>> & { readonly cursor?: string | number };

/** Points at the next page, and from later pages at the first one (RFC 8288), relative to the address of the list. */
export function linkPages(reply: FastifyReply, query: PagedQuery, next: string | undefined): void {
  const links = [];
  if (next !== undefined) links.push(`<?${toSearch({ ...query, cursor: next })}>; rel="next"`);
  if (query.cursor !== undefined) links.push(`<?${toSearch({ ...query, cursor: undefined })}>; rel="first"`);
  if (links.length > 0) void reply.header('link', links.join(', '));
}

function toSearch(query: PagedQuery): string {
  const asked = { ...query, owner: query.owner === EVERYBODY ? '*' : query.owner };
  const given = Object.entries(asked).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

/**
 * The rows of a list as CSV. An import takes it as it is: with the external ids, so that files that were imported before
 * are still known when all was deleted and imported again.
 */
export function exportExpenses(
  { owner, bom }: Pick<ListQuery, 'owner' | 'bom'>,
  expenses: AsyncIterable<Expense>,
): Promise<StreamableFile> {
  const own = [
    'id',
    'date',
    'description',
    'value',
    'currency',
    'category',
    'createdAt',
    'updatedAt',
    'externalId',
  ] as const;
  const columns = owner === undefined ? own : [...own, 'owner' as const];
  return csvAnswer({ name: 'expenses', columns, bom }, expenses);
}
