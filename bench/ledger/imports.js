import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { settings } from './settings.js';

const BATCH = 1000;

const row = (index) => [
  `2025-${String((index % 12) + 1).padStart(2, '0')}-15`,
  `Imported row ${index}`,
  `${index % 1000}.25`,
  'USD',
  `c${index % 7}`,
];

/** Rows per second by the service. */
export async function importByService(url, token) {
  const lines = Array.from({ length: settings.importRows }, (_, index) => row(index + 1).join(','));
  const body = `date,description,value,currency,category\n${lines.join('\n')}\n`;
  const started = performance.now();
  const answer = await fetch(`${url}/expenses/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
    body,
  });
  const text = await answer.text();
  if (answer.status !== 201) throw new Error(`The import answered ${answer.status}: ${text}`);
  return (settings.importRows / (performance.now() - started)) * 1000;
}

/** Rows per second by INSERTs of many rows each, in one transaction, of values that are ready in memory. */
export async function importByInserts(connectionString) {
  const rows = Array.from({ length: settings.importRows }, (_, index) => [
    randomUUID(),
    'raw',
    ...row(index + 1),
  ]);
  const columns = 7;
  const tuples = Array.from({ length: BATCH }, (_, index) => {
    const parameters = Array.from({ length: columns }, (__, column) => `$${index * columns + column + 1}`);
    return `(${parameters.join(',')})`;
  });
  const text = `INSERT INTO expenses (id, owner, date, description, value, currency, category) VALUES ${tuples.join(',')}`;
  const client = new Client({ connectionString });
  await client.connect();
  const started = performance.now();
  await client.query('BEGIN');
  for (let first = 0; first < rows.length; first += BATCH) {
    await client.query({ name: 'insert', text, values: rows.slice(first, first + BATCH).flat() });
  }
  await client.query('COMMIT');
  const perSecond = (settings.importRows / (performance.now() - started)) * 1000;
  await client.end();
  return perSecond;
}
