import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { prepareDatabase } from '../../dist/database/prepare.js';
import { settings } from './settings.js';

export async function onServer(url, sql) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Makes a migrated database with rows of `rows / rowsPerOwner` owners, spread over three years. */
export async function createDatabase(rows) {
  const name = `ledger_bench_${randomUUID().replaceAll('-', '')}`;
  await onServer(settings.postgres, `CREATE DATABASE ${name}`);
  const url = new URL(settings.postgres);
  url.pathname = `/${name}`;
  const database = await prepareDatabase({
    DATABASE_URL: url.href,
    DATABASE_POOL_SIZE: 1,
    DATABASE_STATEMENT_TIMEOUT: 600,
  });
  await database.close();
  await onServer(
    url.href,
    `INSERT INTO expenses (id, owner, date, description, value, currency, category)
     SELECT gen_random_uuid(), 'owner-' || n % ${rows / settings.rowsPerOwner}, date '2023-01-01' + (n::bigint * 7919 % 1096)::int,
       'Expense number ' || n, 1 + n % 100000 / 100.0, 'USD', (ARRAY['food', 'travel', 'office', NULL])[1 + n % 4]
     FROM generate_series(1, ${rows}) AS n`,
  );
  await onServer(url.href, 'VACUUM ANALYZE expenses');
  return { url: url.href, drop: () => onServer(settings.postgres, `DROP DATABASE ${name} WITH (FORCE)`) };
}
