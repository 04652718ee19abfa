import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS artifact (
    model TEXT NOT NULL,
    id TEXT NOT NULL,
    payload TEXT NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (model, id)
  );
  CREATE INDEX IF NOT EXISTS artifact_grant ON artifact (payload ->> 'grantId');
  CREATE INDEX IF NOT EXISTS artifact_uid ON artifact (payload ->> 'uid');
  CREATE INDEX IF NOT EXISTS artifact_account ON artifact (payload ->> 'accountId');
  CREATE INDEX IF NOT EXISTS artifact_expiry ON artifact (expires_at);
  CREATE TABLE IF NOT EXISTS signing_key (
    kid TEXT PRIMARY KEY,
    jwk TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    retires_at INTEGER
  );
  CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, value TEXT NOT NULL);
`;

/**
 * Opens the issuer's state: sessions, grants, tokens and signing keys. SQLite, because a command in a second process
 * (rotate-keys) writes to it while the issuer runs.
 *
 * @param folder made when missing, readable by its owner only since it holds keys; absent: kept in memory.
 */
export function openDatabase(folder?: string): DatabaseSync {
  if (folder === undefined) return withSchema(new DatabaseSync(':memory:'));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'issuer.sqlite');
  const database = new DatabaseSync(file, { timeout: 5000 });
  chmodSync(file, 0o600);
  database.exec('PRAGMA journal_mode = WAL');
  return withSchema(database);
}

function withSchema(database: DatabaseSync): DatabaseSync {
  database.exec(SCHEMA);
  return database;
}
