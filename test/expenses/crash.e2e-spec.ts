import { setTimeout as delay } from 'node:timers/promises';
import { TestIssuer } from '../../src/testing/index.js';
import { describeOnBothEngines, type TestDatabase } from '../support/databases.js';
import { Program, type Run } from '../support/program.js';

const IMPORT_ROWS = 1500;
const ROUNDS = 2;
/** Starting takes seconds, and after a crash more. */
const TIMEOUT_MS = 240_000;

/** What the service has acknowledged before it was killed. */
class Acknowledged {
  readonly expenses: string[] = [];
  readonly imports: string[] = [];
}

/**
 * Sends one request after the other until the service is gone, and keeps what it acknowledged. An answer that is no
 * acknowledgement is a fault of the service, whether or not it is killed a moment later.
 */
const write = async (
  send: (count: number) => Promise<Response>,
  acknowledge: (answer: Response, count: number) => Promise<void>,
): Promise<void> => {
  for (let count = 0; ; count++) {
    let answer: Response;
    try {
      answer = await send(count);
    } catch {
      return; // The connection broke: nothing was acknowledged.
    }
    expect(answer.status).toBe(201);
    await acknowledge(answer, count);
  }
};

describeOnBothEngines('A process that is killed while it writes', (engine) => {
  let issuer: TestIssuer;
  let program: Program;
  let place: TestDatabase;
  let run: Run | undefined;
  let token: string;

  beforeAll(async () => {
    [issuer, program, place] = await Promise.all([TestIssuer.start(), Program.compile(), engine.create()]);
    token = issuer.tokenFor({ sub: 'auth0|alice', scopes: ['read:reports', 'create:expenses'] });
  });

  afterAll(async () => {
    await program?.remove();
    await place?.drop();
    await issuer?.close();
  });

  const variables = () => ({
    ISSUER_BASE_URL: issuer.url,
    ALLOWED_AUDIENCES: issuer.audience,
    DATABASE_URL: place.url,
  });

  const start = async (): Promise<string> => {
    run = await program.start(variables());
    const url = await run.listening;
    if (url === undefined) throw new Error(`It did not start: ${run.output}`);
    return url;
  };

  const request = (url: string, headers: Record<string, string> = {}, body?: string) =>
    fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, ...headers },
      body,
    });

  const writeExpenses = (url: string, name: string, { expenses }: Acknowledged) =>
    write(
      (count) =>
        request(
          `${url}/expenses`,
          { 'content-type': 'application/json' },
          JSON.stringify({ date: '2026-01-01', description: `${name} ${count}`, value: 1 }),
        ),
      async (answer) => {
        const location = answer.headers.get('location');
        expenses.push(location!.slice(location!.lastIndexOf('/') + 1));
        await answer.arrayBuffer().catch(() => undefined);
      },
    );

  const writeImports = (url: string, name: string, { imports }: Acknowledged) =>
    write(
      (count) =>
        request(
          `${url}/expenses/import`,
          { 'content-type': 'text/csv' },
          `date,description,value,category\n${`2026-01-01,imported,1,${name} ${count}\n`.repeat(IMPORT_ROWS)}`,
        ),
      async (answer, count) => {
        imports.push(`${name} ${count}`);
        await answer.arrayBuffer().catch(() => undefined);
      },
    );

  const listedIds = async (url: string): Promise<Set<string>> => {
    const answer = await request(`${url}/`, { accept: 'text/csv' });
    return new Set((await answer.text()).split('\n').map((line) => line.slice(0, 36)));
  };

  it(
    'has kept every expense that it acknowledged, and every import whole or not at all',
    async () => {
      const acknowledged = new Acknowledged();
      let url = await start();
      for (let round = 1; round <= ROUNDS; round++) {
        const writers = [
          writeExpenses(url, `a${round}`, acknowledged),
          writeExpenses(url, `b${round}`, acknowledged),
          writeImports(url, `import ${round}`, acknowledged),
        ];
        // Once all of them are under way, at any moment of an import.
        while (acknowledged.imports.length < round) await delay(20);
        await delay(300 * Math.random());
        await run!.kill();
        await Promise.all(writers);
        url = await start();

        const ids = await listedIds(url);
        expect(acknowledged.expenses.filter((id) => !ids.has(id))).toEqual([]);
        const report = await request(`${url}/reports/categories?text=imported`);
        const imports = (await report.json()) as { category: string; count: number }[];
        expect(imports.filter(({ count }) => count !== IMPORT_ROWS)).toEqual([]);
        const found = new Set(imports.map(({ category }) => category));
        expect(acknowledged.imports.filter((category) => !found.has(category))).toEqual([]);
      }
      expect(acknowledged.expenses.length).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  if (engine.name === 'PGlite') {
    it('is named when a second process would use its folder, which ends with an error', async () => {
      const second = await program.start(variables());
      expect(await second.listening).toBeUndefined();
      expect(second.exitCode).toBe(1);
      expect(second.output).toMatch(/The database folder .* is in use by another process/);
    });
  }
});
