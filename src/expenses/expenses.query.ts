import { z } from 'zod';
import { calendarDate, currency, line } from './expense.fields.js';
import { type Owners, EVERYBODY, owner } from './owner.js';

/** A decimal that PostgreSQL compares exactly, so it stays text. */
const bound = z
  .string('must be a decimal')
  .regex(/^-?\d{1,11}(\.\d{1,4})?$/, 'must be a decimal such as -10.5');

const limit = z
  .string()
  .regex(/^[1-9]\d{0,2}$/, 'must be a whole number from 1 to 500')
  .transform(Number)
  .refine((rows) => rows <= 500, 'must be a whole number from 1 to 500');

/** Whose expenses are asked for instead of one's own; needs read:all_reports. */
export const ownersParameter = z
  .literal('*')
  .transform((): Owners => EVERYBODY)
  .or(owner)
  .describe('The subject of another owner, or * for everybody; needs read:all_reports');

/** What a list, an export or a report can be narrowed by. */
export const filters = z.strictObject({
  from: calendarDate.optional().describe('The first date'),
  to: calendarDate.optional().describe('The last date'),
  category: z.literal('').or(line(50)).optional().describe('The category; empty: expenses without one'),
  currency: currency.optional(),
  text: line(100).optional().describe('Text in the description, in capital or small letters'),
  min: bound.optional().describe('The smallest value'),
  max: bound.optional().describe('The largest value'),
  owner: ownersParameter.optional(),
});

/** The query of a report. */
export type Filters = z.output<typeof filters>;

/** The query of `GET /`. */
export const listQuery = filters.extend({
  limit: limit.default(50).describe('Most rows of the answer'),
  cursor: z.string().optional().describe('Where the page begins: from the Link header of the page before'),
});

export type ListQuery = z.output<typeof listQuery>;

/** The query of a single expense. */
export const ownerQuery = z.strictObject({ owner: ownersParameter.optional() });

export type OwnerQuery = z.output<typeof ownerQuery>;
