import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { Database } from '../../src/database/database.js';
import { sql } from '../../src/database/drizzle.js';
import { type TestApp, TestIssuer } from '../../src/testing/index.js';
import { describeOnBothEngines, type TestDatabase } from '../support/databases.js';
import { LogLines } from '../support/log-lines.js';
import { createTestApp } from '../support/test-app.js';

/** A quarter of the pool writes one import at a time; eight may arrive meanwhile. */
const POOL_SIZE = '4';
const UPLOADS = 8;
const ROWS = 1_000;
/** Each row has 1.5 kB. */
const fileOf = (rows: number) =>
  `date,description,value\n${`2026-01-02,${'長'.repeat(500)},1.50\n`.repeat(rows)}`;
/** So many times as much is more than the buffers of a connection hold: an export of it lasts for as long as nobody reads. */
const TIMES = 9;
const SCOPES = ['read:reports', 'create:expenses', 'delete:expenses'];

describeOnBothEngines('imports and exports that come together', (engine) => {
  let issuer: TestIssuer;
  let database: TestDatabase;
  let api: TestApp;
  let url: string;
  const log = new LogLines();
  const sockets: Socket[] = [];

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    database = await engine.create();
    api = await createTestApp({
      issuer,
      variables: { DATABASE_URL: database.url, DATABASE_POOL_SIZE: POOL_SIZE, LOG_LEVEL: 'info' },
      override: log.override,
    });
    url = await api.listen();
    // The keys of the issuer are fetched now.
    while ((await api.get('/', tokenOf('nobody'))).statusCode !== 200) await pause(20);
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(async () => {
    await api?.close();
    await issuer?.close();
    await database?.drop();
  });

  const tokenOf = (sub: string) => issuer.tokenFor({ sub, scopes: SCOPES });

  const upload = (sub: string, body = 'date,description,value\n2026-01-02,x,1\n', type = 'text/csv') =>
    fetch(`${url}/expenses/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokenOf(sub)}`, 'content-type': type },
      body,
    });

  /** Sends the head of an import, and waits for what is said to it before any of the file is sent. */
  async function ask(sub: string): Promise<{ socket: Socket; answer: string }> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    sockets.push(socket);
    const head = [
      'POST /expenses/import HTTP/1.1',
      'host: a',
      `authorization: Bearer ${tokenOf(sub)}`,
      'content-type: text/csv',
      'content-length: 5000',
      'expect: 100-continue',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return { socket, answer: answer.toString() };
  }

  /** Begins to send a file, and leaves it at that. */
  async function begin(sub: string): Promise<Socket> {
    const { socket, answer } = await ask(sub);
    expect(answer).toMatch(/^HTTP\/1\.1 100 /);
    socket.write('date,description');
    return socket;
  }

  /** Those who left a moment ago may still have their turns. */
  async function untilTaken(sub: string, body?: string): Promise<void> {
    while ((await upload(sub, body)).status !== 201) await pause(20);
  }

  it('has one import of a subject at a time, and does not ask for the body of the next', async () => {
    await begin('alice');
    const refused = await upload('alice');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({ code: 'too_many_imports' });
    expect((await ask('alice')).answer).toMatch(/^HTTP\/1\.1 429 /);
    await untilTaken('bob');
  });

  it('refuses another type before it looks at turns and bodies, and takes no turn for it', async () => {
    // What is no JSON would be 400 if it were parsed.
    expect((await upload('heidi', '{"a":', 'application/json')).status).toBe(415);
    await begin('heidi');
    expect((await upload('heidi', '{"a":', 'application/json')).status).toBe(415);
    expect((await upload('heidi')).status).toBe(429);
  });

  it('gives the turn back when the client leaves, which is no error of ours', async () => {
    const socket = await begin('carol');
    expect((await upload('carol')).status).toBe(429);
    socket.resetAndDestroy();
    await untilTaken('carol');
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(log.lines).toContainEqual(expect.objectContaining({ route: '/expenses/import', status: 499 }));
  });

  it('takes so many files at once, and other requests meanwhile', async () => {
    for (let index = 0; index < UPLOADS; index++) await begin(`uploader ${index}`);
    expect(await (await upload('one too many')).json()).toMatchObject({ code: 'too_many_imports' });
    expect((await api.get('/', tokenOf('one too many'))).statusCode).toBe(200);
  });

  const exportOf = async (sub: string): Promise<IncomingMessage> => {
    const headers = { authorization: `Bearer ${tokenOf(sub)}`, accept: 'text/csv' };
    const [answer] = (await once(request(url, { headers }).end(), 'response')) as [IncomingMessage];
    return answer;
  };

  describe('an export', () => {
    it('has the rows of one moment, whatever is done while it is read', async () => {
      await untilTaken('erin', fileOf(ROWS));
      const file = await exportOf('erin');
      const deleted = await api.inject({ method: 'DELETE', url: '/expenses' }, tokenOf('erin'));
      expect(deleted.json()).toEqual({ deleted: ROWS });
      expect((await text(file)).split('\r\n')).toHaveLength(1 + ROWS + 1);
    });

    it('is one of a subject at a time, and one of this pool', async () => {
      await untilTaken('frank', fileOf(ROWS));
      await api.app.get(Database).query((queries) =>
        queries.execute(sql`
          INSERT INTO expenses (id, owner, date, description, value, currency)
          SELECT gen_random_uuid(), owner, date, description, value, currency
          FROM expenses, generate_series(2, ${TIMES})`),
      );
      const file = await exportOf('frank');
      for (const sub of ['frank', 'grace']) {
        const refused = await exportOf(sub);
        expect(refused.statusCode).toBe(429);
        expect(refused.headers['retry-after']).toBe('5');
        expect(JSON.parse(await text(refused))).toMatchObject({ code: 'too_many_exports' });
      }
      file.destroy();
      for (let status = 429; status === 429;) {
        const again = await exportOf('frank');
        status = again.statusCode!;
        await text(again);
      }
    });
  });
});
