import { createHash } from 'node:crypto';
import { parse, stringify } from 'uuid';
import { VALUE_LIMIT } from './expense.fields.js';
import type { Expense } from './expense.schema.js';
import type { Filters, Sort } from './expenses.query.js';
import { EVERYBODY, type Owners } from './owner.js';

/** The place of an expense in a list: its date or value, by which the list is sorted, and then its id. */
export interface Position {
  /** The date, or the value as a decimal. */
  readonly at: string;
  readonly id: string;
}

/** What makes a list: whose expenses, which of them, and in which order. */
export interface List {
  readonly owners: Owners;
  readonly filters: Filters;
  readonly sort: Sort;
}

const DAY_MS = 86_400_000;
/** Values have four decimals at most, and 15 digits. */
const VALUE_UNITS = 10_000;
const FIRST_DAY = new Date('1900-01-01');
const LAST_DAY = new Date('9999-12-31');
const KEY_BYTES = 8;
const POSITION_BYTES = KEY_BYTES + 16;
const CHECKSUM_BYTES = 8;
const CURSOR = /^[A-Za-z0-9_-]{43}$/;

/** Where an expense is in a list that is sorted so. */
export function positionOf({ id, date, value }: Expense, sort: Sort): Position {
  return { id, at: isByDate(sort) ? date : String(value) };
}

/**
 * A place in one list, as opaque text: the position and a checksum over it and over what makes the list.
 *
 * The checksum has no key, for processes share no secret and none is needed: a cursor gives no rights. Whose expenses a
 * page holds is decided by the token each time, so someone who computes a cursor gets what they could ask for anyway.
 */
export function encodeCursor({ at, id }: Position, list: List): string {
  const bytes = Buffer.alloc(POSITION_BYTES);
  const key = isByDate(list.sort) ? Date.parse(at) / DAY_MS : Math.round(Number(at) * VALUE_UNITS);
  bytes.writeBigInt64BE(BigInt(key));
  bytes.set(parse(id), KEY_BYTES);
  return Buffer.concat([bytes, checksum(bytes, list)]).toString('base64url');
}

/** @returns nothing when the text was changed, or comes from another list */
export function decodeCursor(text: string, list: List): Position | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // The last character has unused bits: only one spelling of the bytes is accepted.
  if (!CURSOR.test(text) || bytes.toString('base64url') !== text) return undefined;
  const position = bytes.subarray(0, POSITION_BYTES);
  if (!checksum(position, list).equals(bytes.subarray(POSITION_BYTES))) return undefined;
  const at = keyText(Number(position.readBigInt64BE()), list.sort);
  return at === undefined ? undefined : { at, id: stringify(position.subarray(KEY_BYTES)) };
}

/** @returns nothing for a key that no expense has: a checksum can be computed for any */
function keyText(key: number, sort: Sort): string | undefined {
  if (!isByDate(sort))
    return Math.abs(key) < VALUE_LIMIT * VALUE_UNITS ? String(key / VALUE_UNITS) : undefined;
  const day = new Date(key * DAY_MS);
  if (Number.isNaN(day.getTime()) || day < FIRST_DAY || day > LAST_DAY) return undefined;
  return day.toISOString().slice(0, 10);
}

function isByDate(sort: Sort): boolean {
  return sort === 'date' || sort === '-date';
}

function checksum(position: Buffer, { owners, filters, sort }: List): Buffer {
  const { from, to, category, currency, text, min, max } = filters;
  const list = [sort, owners === EVERYBODY ? null : owners, from, to, category, currency, text, min, max];
  return createHash('sha256')
    .update(position)
    .update(JSON.stringify(list))
    .digest()
    .subarray(0, CHECKSUM_BYTES);
}
