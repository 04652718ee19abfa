import { z } from 'zod';

/** One expense as the API gives it. */
export const expense = z.object({
  id: z.string(),
  date: z.string(),
  description: z.string(),
  value: z.number(),
  currency: z.string(),
  category: z.string().nullable(),
  /** ISO 8601, UTC. */
  createdAt: z.string(),
  updatedAt: z.string(),
  /** Given only when other owners' expenses were asked for. */
  owner: z.string().optional(),
});
export type Expense = z.output<typeof expense>;

const fields = expense.omit({ id: true, owner: true, createdAt: true, updatedAt: true });

/** A step in the life of an expense. */
export const change = z.object({
  /** ISO 8601, UTC. */
  at: z.string(),
  action: z.enum(['created', 'updated', 'deleted']),
  /** Who did it: the subject of the token. */
  subject: z.string(),
  /** The application that did it. */
  clientId: z.string().nullable(),
  before: fields.nullable(),
  after: fields.nullable(),
});
export type Change = z.output<typeof change>;

/** The currencies that the API takes (ISO 4217). */
export const currencyList = z.object({
  default: z.string(),
  currencies: z.array(z.object({ code: z.string(), minorUnits: z.number() })),
});
export type CurrencyList = z.output<typeof currencyList>;

const sum = { currency: z.string(), count: z.number(), total: z.string() };

/** What was spent in a month (`2026-03`) in one currency; the total is an exact decimal. */
export const monthSum = z.object({ month: z.string(), ...sum });
export type MonthSum = z.output<typeof monthSum>;

/** What was spent for a category, or without one, in one currency; the total is an exact decimal. */
export const categorySum = z.object({ category: z.string().nullable(), ...sum });
export type CategorySum = z.output<typeof categorySum>;

/** What a person spent in one currency; the total is an exact decimal. */
export const ownerSum = z.object({ owner: z.string(), ...sum });
export type OwnerSum = z.output<typeof ownerSum>;

/** What an import did, or would do. Rows that are there already are skipped. */
export const importResult = z.object({ imported: z.number(), skipped: z.number().default(0) });
export type ImportResult = z.output<typeof importResult>;
