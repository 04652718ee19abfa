import { z } from 'zod';

/** One expense as the API gives it. */
export const expense = z.object({
  id: z.string(),
  date: z.string(),
  description: z.string(),
  value: z.number(),
  currency: z.string(),
  category: z.string().nullable(),
});
export type Expense = z.output<typeof expense>;

const sum = { currency: z.string(), count: z.number(), total: z.string() };

/** What was spent in a month (`2026-03`) in one currency; the total is an exact decimal. */
export const monthSum = z.object({ month: z.string(), ...sum });
export type MonthSum = z.output<typeof monthSum>;

/** What was spent for a category, or without one, in one currency; the total is an exact decimal. */
export const categorySum = z.object({ category: z.string().nullable(), ...sum });
export type CategorySum = z.output<typeof categorySum>;
