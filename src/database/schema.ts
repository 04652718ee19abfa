import {
  check,
  customType,
  date,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  sql,
  text,
  uniqueIndex,
  uuid,
} from './drizzle.js';

/** A moment as ISO 8601 in UTC. Milliseconds, for that is all a JavaScript date holds. */
const isoMoment = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp(3) with time zone',
  fromDriver: (written) => new Date(written).toISOString(),
});

const moment = (name: string) =>
  isoMoment(name)
    .notNull()
    .default(sql`now()`);

/**
 * The expenses of all owners. `value` has 15 digits, the most that a JSON number holds exactly in every parser
 * that reads it as an IEEE 754 double; `version` counts the changes of a row and is its entity tag.
 */
export const expenses = pgTable(
  'expenses',
  {
    id: uuid().primaryKey(),
    owner: text().notNull(),
    date: date({ mode: 'string' }).notNull(),
    description: text().notNull(),
    value: numeric({ precision: 15, scale: 4, mode: 'number' }).notNull(),
    currency: text().notNull(),
    category: text(),
    /** What the client that imported the expense calls it. */
    externalId: text('external_id'),
    version: integer().notNull().default(1),
    createdAt: moment('created_at'),
    updatedAt: moment('updated_at'),
  },
  (table) => [
    // The order of the list, for one owner and for all: a page is one walk along an index, without a sort.
    // Nulls first because that is what `ORDER BY ... DESC` means; another index would not serve it.
    index('expenses_of_owner_newest_first').on(
      table.owner,
      table.date.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    index('expenses_newest_first').on(table.date.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // The same order by value. Either way round: an index is walked backwards as well.
    index('expenses_of_owner_by_value').on(table.owner, table.value, table.id),
    index('expenses_by_value').on(table.value, table.id),
    uniqueIndex('expenses_external_id')
      .on(table.owner, table.externalId)
      .where(sql`${table.externalId} IS NOT NULL`),
    check('expenses_value_is_not_zero', sql`${table.value} <> 0`),
  ],
);

/** The first answer to every request that carried an Idempotency-Key, kept for its retries. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    owner: text().notNull(),
    key: text().notNull(),
    /** SHA-256 of what was asked: the same key with another request is a fault of the client. */
    fingerprint: text().notNull(),
    answer: jsonb(),
    createdAt: moment('created_at'),
  },
  (table) => [
    primaryKey({ columns: [table.owner, table.key] }),
    index('idempotency_keys_by_age').on(table.createdAt),
    index('idempotency_keys_of_owner_by_age').on(table.owner, table.createdAt),
  ],
);

/** Who wrote what and when; a row is written in the transaction of the change that it tells of, and never changed. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: uuid().primaryKey(),
    at: moment('at'),
    /** `sub` of the access token. */
    subject: text().notNull(),
    /** The application that the access token was issued to. */
    clientId: text('client_id'),
    action: text({ enum: ['create', 'update', 'delete', 'import'] }).notNull(),
    expenseId: uuid('expense_id'),
    before: jsonb(),
    after: jsonb(),
  },
  (table) => [index('audit_log_of_expense').on(table.expenseId)],
);

/** The issuers that have been seen, each by all of its names; see `IssuerRegistry`. */
export const issuers = pgTable('issuers', {
  /** Without the slash at its end. */
  name: text().primaryKey(),
  /** What stands before the subject in the owner of what the issuer's users and clients write. */
  accountPrefix: text('account_prefix').notNull(),
});

/** What was revoked before it expired; see `Revocations`. */
export const revocations = pgTable(
  'revocations',
  {
    /** A hash of the issuer and of the subject, session or token; see `revocationId`. */
    id: text().primaryKey(),
    /** Tokens that were issued later are good. */
    notBefore: isoMoment('not_before').notNull(),
    /** By which other processes find what is new. */
    recordedAt: isoMoment('recorded_at')
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [
    index('revocations_by_recording').on(table.recordedAt),
    index('revocations_by_age').on(table.notBefore),
  ],
);
