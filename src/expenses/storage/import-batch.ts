import { v7 as uuidv7 } from 'uuid';
import { type SQL, sql } from '../../database/drizzle.js';
import { expenses } from '../../database/schema.js';
import type { ExpenseFields } from '../expense.schema.js';
import type { Author, Owner } from '../owner.js';
import { auditAll } from './audit-trail.js';

/** A row of an import. */
export interface ImportedExpense extends ExpenseFields {
  /** What the client calls the expense; each owner has it once. */
  readonly externalId?: string | null;
  /** The id that the expense had when it was exported. */
  readonly exportedId?: string | null;
}

/** How an import went, or would go. */
export interface Imported {
  readonly imported: number;
  /** Rows that the owner had already. */
  readonly skipped: number;
}

/**
 * Some hundred rows in the form that the statements below take. As JSON, for a statement with a parameter per value
 * takes the server much longer to read than to execute.
 */
export type ImportBatch = string & { readonly ImportBatch: unique symbol };

/** Rows in that form, each with the id that it gets as an expense if it is kept. */
export function toBatch(rows: readonly ImportedExpense[]): ImportBatch {
  return JSON.stringify(rows.map((row) => ({ ...row, id: uuidv7() }))) as ImportBatch;
}

const asRows = (batch: ImportBatch): SQL => sql`
  SELECT * FROM json_to_recordset(${batch}::json) AS batch
    (id uuid, date date, description text, value numeric, currency text, category text,
     "externalId" text, "exportedId" uuid)`;

/** Whether the owner has a row of the batch already: under its external id, or as the expense that was exported. */
const isKnown = (owner: Owner): SQL => sql`(
  EXISTS (SELECT FROM ${expenses} AS known WHERE known.owner = ${owner} AND known.external_id = batch."externalId")
  OR EXISTS (SELECT FROM ${expenses} AS known WHERE known.id = batch."exportedId" AND known.owner = ${owner}))`;

/** Keeps the rows that are not known, notes them in the audit trail, and counts both kinds. */
export function insertBatch(author: Author, batch: ImportBatch): SQL {
  const { owner } = author;
  return sql`
    WITH batch AS (${asRows(batch)}),
    created AS (
      INSERT INTO ${expenses} (id, owner, date, description, value, currency, category, external_id)
      SELECT id, ${owner}, date, description, value, currency, category, "externalId" FROM batch
      WHERE NOT ${isKnown(owner)}
      ON CONFLICT (owner, external_id) WHERE external_id IS NOT NULL DO NOTHING
      RETURNING *),
    noted AS (${auditAll(author, 'create', sql`created`)})
    SELECT (SELECT count(*)::int FROM created) AS imported,
      (SELECT count(*)::int FROM batch) - (SELECT count(*)::int FROM created) AS skipped`;
}

/** What `insertBatch` would count. */
export function tryBatch(owner: Owner, batch: ImportBatch): SQL {
  return sql`
    WITH batch AS (${asRows(batch)})
    SELECT (count(*) FILTER (WHERE NOT ${isKnown(owner)}))::int AS imported,
      (count(*) FILTER (WHERE ${isKnown(owner)}))::int AS skipped
    FROM batch`;
}
