import { z } from 'zod';
import { calendarDate, currency, line } from './expense.fields.js';
import { type Owners, EVERYBODY, owner, OWNER_FAULT } from './owner.js';

/** A decimal that PostgreSQL compares exactly, so it stays text. */
const bound = z
  .string('must be a decimal')
  .regex(/^-?\d{1,11}(\.\d{1,4})?$/, 'must be a decimal such as -10.5');

const LIMIT_FAULT = 'must be a whole number from 1 to 500';

const limit = z
  .string(LIMIT_FAULT)
  .regex(/^[1-9]\d{0,2}$/, LIMIT_FAULT)
  .transform(Number)
  .refine((rows) => rows <= 500, LIMIT_FAULT)
  .describe('Most rows of the answer: 1 to 500, by default 50');

/** How many rows a page has when the request does not say. */
export const DEFAULT_LIMIT = 50;

const flag = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');

/** Whose expenses are asked for instead of one's own; needs read:all_reports. */
const ownersParameter = z
  .union([z.literal('*').transform((): Owners => EVERYBODY), owner], OWNER_FAULT)
  .describe('Another owner, as answers show one, or * for everybody; needs read:all_reports');

/** What a list, an export or a report can be narrowed by. */
const filters = z.strictObject({
  from: calendarDate.optional().describe('The first date'),
  to: calendarDate.optional().describe('The last date'),
  category: z
    .union([z.literal(''), line(50)], 'must be text')
    .optional()
    .describe('The category; empty: expenses without one'),
  currency: currency.optional().describe('The currency'),
  text: line(100).optional().describe('Text in the description, in capital or small letters'),
  min: bound.optional().describe('The smallest value'),
  max: bound.optional().describe('The largest value'),
});

/** What narrows a list or a report; whose expenses it is about is said beside it. */
export type Filters = z.output<typeof filters>;

const sort = z.enum(['-date', 'date', '-value', 'value'], 'must be date, -date, value or -value');

/** The order of a list, by date or by value; with a minus the greatest first. */
export type Sort = z.output<typeof sort>;

const bom = flag
  .optional()
  .describe(
    'true: a CSV answer begins with a byte order mark, without which Excel takes it for another encoding',
  );

/** The query of a report. */
export const reportQuery = filters.extend({ owner: ownersParameter.optional(), bom });

export type ReportQuery = z.output<typeof reportQuery>;

/** What to say of a cursor that leads nowhere. */
export const CURSOR_FAULT =
  'must come from the Link header of a page before, with all other parameters as they were';

/** The query of the list. */
export const listQuery = filters.extend({
  owner: ownersParameter.optional(),
  sort: sort.optional().describe('By which column; with a minus the greatest first. By default -date'),
  count: flag
    .optional()
    .describe(
      'true: the first page says in X-Total-Count how many expenses there are; beyond 10000 it is 10000+',
    ),
  limit: limit.optional(),
  cursor: z
    .string(CURSOR_FAULT)
    .optional()
    .describe('Where the page begins: from the Link header of the page before'),
  bom,
});

export type ListQuery = z.output<typeof listQuery>;

/** The query of a single expense. */
export const ownerQuery = z.strictObject({ owner: ownersParameter.optional() });

export type OwnerQuery = z.output<typeof ownerQuery>;

/** The query of a history. */
export const historyQuery = ownerQuery.extend({
  limit: limit.optional(),
  cursor: z
    .string(CURSOR_FAULT)
    .regex(/^[1-9]\d{0,8}$/, CURSOR_FAULT)
    .transform(Number)
    .optional()
    .describe('Where the page begins: from the Link header of the page before'),
});

export type HistoryQuery = z.output<typeof historyQuery>;

/** The query of what takes no parameters, as writes, which are always in the caller's own name. */
export const noQuery = z.strictObject({});

/** The query of an import. */
export const importQuery = z.strictObject({
  dryRun: flag.optional().describe('true: says what would happen, and writes nothing'),
});

export type ImportQuery = z.output<typeof importQuery>;
