import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MIGRATIONS_FOLDER } from './migrations.js';

/** What the version before, which still runs while processes are upgraded or when it is rolled back to, would miss. */
const TAKES_AWAY =
  /\b(DROP|RENAME|TRUNCATE|DELETE)\b|\bSET (NOT NULL|DATA TYPE)\b|\bALTER COLUMN \S+ TYPE\b/i;

const files = readdirSync(MIGRATIONS_FOLDER).filter((name) => name.endsWith('.sql'));

it.each(files)('%s only adds to the schema', (name) => {
  expect(readFileSync(join(MIGRATIONS_FOLDER, name), 'utf8')).not.toMatch(TAKES_AWAY);
});

it.each([
  'ALTER TABLE a DROP COLUMN b',
  'ALTER TABLE a RENAME TO b',
  'ALTER TABLE a ALTER COLUMN b SET NOT NULL',
])('%j would be found', (statement) => expect(statement).toMatch(TAKES_AWAY));

it.each(files)('%s says nothing of the schema that it is in, which is that of the search path', (name) => {
  expect(readFileSync(join(MIGRATIONS_FOLDER, name), 'utf8')).not.toMatch(/"public"\./);
});
