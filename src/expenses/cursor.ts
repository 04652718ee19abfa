import { createHash } from 'node:crypto';
import { parse, stringify } from 'uuid';
import { EVERYBODY, type Owners } from './owner.js';
import type { Filters } from './expenses.query.js';

/** The place of an expense in the list, which is sorted by date and then by id. */
export interface Position {
  readonly date: string;
  readonly id: string;
}

const DAY_MS = 86_400_000;
const DATE_BYTES = 4;
const POSITION_BYTES = DATE_BYTES + 16;
const CHECKSUM_BYTES = 8;
const CURSOR = /^[A-Za-z0-9_-]{38}$/;

/**
 * A place in one list, as opaque text: the position and a checksum over it, the owners and the filters.
 *
 * The checksum has no key, for processes share no secret and none is needed: a cursor gives no rights. Whose expenses a
 * page holds is decided by the token each time, so someone who computes a cursor gets what they could ask for anyway.
 */
export function encodeCursor(position: Position, owners: Owners, filters: Filters): string {
  const bytes = Buffer.alloc(POSITION_BYTES);
  bytes.writeInt32BE(Date.parse(position.date) / DAY_MS);
  bytes.set(parse(position.id), DATE_BYTES);
  return Buffer.concat([bytes, checksum(bytes, owners, filters)]).toString('base64url');
}

/** @returns nothing when the text was changed, or comes from a list of other owners or filters */
export function decodeCursor(text: string, owners: Owners, filters: Filters): Position | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // The last character has unused bits: only one spelling of the bytes is accepted.
  if (!CURSOR.test(text) || bytes.toString('base64url') !== text) return undefined;
  const position = bytes.subarray(0, POSITION_BYTES);
  if (!checksum(position, owners, filters).equals(bytes.subarray(POSITION_BYTES))) return undefined;
  return {
    date: new Date(position.readInt32BE() * DAY_MS).toISOString().slice(0, 10),
    id: stringify(position.subarray(DATE_BYTES)),
  };
}

function checksum(position: Buffer, owners: Owners, filters: Filters): Buffer {
  const { from, to, category, currency, text, min, max } = filters;
  const list = [owners === EVERYBODY ? null : owners, from, to, category, currency, text, min, max];
  return createHash('sha256')
    .update(position)
    .update(JSON.stringify(list))
    .digest()
    .subarray(0, CHECKSUM_BYTES);
}
