import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { connectDatabase } from '../../src/database/connect.js';
import type { Database } from '../../src/database/database.js';
import { databaseSettings, describeOnPostgres, type TestDatabase } from '../support/databases.js';

describeOnPostgres('the rights of the role that serves requests', (engine) => {
  const role = `runner_${randomUUID().slice(0, 8)}`;
  let server: TestDatabase;
  let database: Database | undefined;

  const run = async (...statements: string[]) => {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };

  beforeAll(async () => {
    server = await engine.create();
    const owner = await connectDatabase(databaseSettings(server.url));
    await owner.migrate();
    await owner.close();
    await run(`CREATE ROLE ${role} LOGIN`);
    const url = new URL(server.url);
    url.username = role;
    database = await connectDatabase(databaseSettings(url.href));
  });
  beforeEach(() => run(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`));
  afterAll(async () => {
    await database?.close();
    await run(`DROP OWNED BY ${role}`, `DROP ROLE ${role}`);
    await server?.drop();
  });

  it('are enough when they are on the rows of all tables', async () => {
    await expect(database!.checkRights()).resolves.toBeUndefined();
  });

  it.each([
    'SELECT ON expenses',
    'DELETE ON expenses',
    'UPDATE ON idempotency_keys',
    'INSERT ON audit_log',
    'SELECT ON issuers',
    'INSERT ON issuers',
    'UPDATE ON revocations',
  ])('are found lacking at the start without %s', async (right) => {
    await run(`REVOKE ${right} FROM ${role}`);
    const error = await database!.checkRights().catch((thrown: Error) => thrown);
    expect((error as Error).cause ?? error).toMatchObject({
      message: expect.stringContaining(
        `the role ${role} lacks the right to ${right.replace(' ON ', ' on the table ')}`,
      ),
    });
  });
});
