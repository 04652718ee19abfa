/**
 * drizzle, taken from its CommonJS build. Node reads a package's package.json anew for each of its ES modules; drizzle has
 * hundreds of them and a package.json of 180 kB, so importing it took most of the start-up time and 250 MB.
 */
import { createRequire } from 'node:module';

// drizzle-kit compiles the schema to CommonJS, where import.meta is empty.
const require = createRequire(import.meta.filename ?? __filename);

export const { and, asc, desc, eq, gte, ilike, isNull, lt, lte, sql } =
  require('drizzle-orm') as typeof import('drizzle-orm');
export const { DrizzleQueryError } = require('drizzle-orm/errors') as typeof import('drizzle-orm/errors');
export const {
  check,
  customType,
  date,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} = require('drizzle-orm/pg-core') as typeof import('drizzle-orm/pg-core');
export const { drizzle: drizzlePostgres } =
  require('drizzle-orm/node-postgres') as typeof import('drizzle-orm/node-postgres');

export type { Placeholder, SQL } from 'drizzle-orm';
export type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
