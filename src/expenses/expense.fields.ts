import { z } from 'zod';
import { isCurrency } from '../money/currencies.js';

/** The id of an expense, as a parameter of a path. */
export const idParameter = z.uuid('must be a UUID').toLowerCase();

const FIRST_DATE = '1900-01-01';
const DATE_FAULT = `must be a date such as 2026-03-31, not before ${FIRST_DATE}`;

const isoDate = z.iso.date().or(z.iso.datetime({ offset: true, local: true }));

// No check aborts here: it would keep zod from the checks across fields, and so from naming every fault at once.

/** A calendar date (ISO 8601) from 1900 to 9999. Of a date with a time the date is kept, as it is written. */
export const calendarDate = z
  .string(DATE_FAULT)
  .refine((value) => isoDate.safeParse(value).success && value >= FIRST_DATE, DATE_FAULT)
  .overwrite((value) => value.slice(0, 10))
  .meta({ format: 'date', example: '2026-03-31' });

/**
 * A character that leaves something to see. Format characters (Cf), spaces (Z), variation selectors and what Unicode
 * calls ignorable, as U+3164, leave nothing; nor do the blank Braille pattern and the null notehead.
 */
const VISIBLE = /[^\p{Cf}\p{Z}\p{Cn}\p{Variation_Selector}\p{Default_Ignorable_Code_Point}\u2800\u{1D159}]/u;

/** One line of text, in Unicode's composed form (NFC) and without spaces around it. Length in characters. */
export function line(maxLength: number) {
  return z
    .string('must be text')
    .refine(
      (value) => !/[\p{Cc}\p{Cs}]/u.test(value),
      'must not contain control characters or broken Unicode',
    )
    .overwrite((value) => value.normalize('NFC').trim())
    .refine((value) => VISIBLE.test(value), 'must not be empty')
    .refine((value) => isAtMost(maxLength, value), `must have at most ${maxLength} characters`)
    .meta({ minLength: 1, maxLength });
}

/** Counts code points, and stops early: the text may be a megabyte. */
function isAtMost(maxLength: number, value: string): boolean {
  if (value.length <= maxLength) return true;
  return value.length <= 2 * maxLength && Array.from(value).length <= maxLength;
}

/** Beyond this a JSON number with four decimals is no longer exact. */
export const VALUE_LIMIT = 1e11;

/** An amount of money as a JSON number; negative for money that came back. */
export const amount = z
  .number('must be a number')
  .refine((value) => value !== 0, 'must not be zero')
  .refine((value) => Math.abs(value) < VALUE_LIMIT, 'must be between -100000000000 and 100000000000')
  .meta({ example: 102.5 });

/** A currency code of ISO 4217. */
export const currency = z
  .string('must be a currency code such as USD')
  .refine(isCurrency, 'must be a currency code of ISO 4217, such as USD')
  .meta({ pattern: '^[A-Z]{3}$', example: 'USD' });
