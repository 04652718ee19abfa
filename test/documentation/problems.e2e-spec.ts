import { Controller, Delete, Module } from '@nestjs/common';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Authenticated, Direct } from '../../src/auth/index.js';
import { problemsMarkdown } from '../../scripts/problems.ts';
import { problemCodes, type ProblemKind } from '../../src/problems/problem.codes.js';
import { createTestApp, startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';

/** A route for the user in person, of which the service has none. */
@Controller('seal')
class SealController {
  @Delete()
  @Authenticated()
  @Direct()
  break() {}
}

@Module({ controllers: [SealController] })
class SealModule {}

const BASE_URL = 'https://api.example.com/expenses-api';
const codes = Object.entries(problemCodes) as [keyof typeof problemCodes, ProblemKind][];

let issuer: TestIssuer;
let app: TestApp;

beforeAll(async () => {
  issuer = await startTestIssuer();
  app = await createTestApp({ issuer, variables: { BASE_URL } });
});
afterAll(async () => {
  await app?.close();
  await issuer?.close();
});

/** The sources of the service but the table itself. */
async function sources(): Promise<string> {
  const files = globSync('src/**/*.ts', { exclude: ['**/*.spec.ts', '**/problem.codes.ts'] });
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
}

describe('the table of problem codes', () => {
  it('is what docs/problems.md says; else run `npm run docs:problems`', async () => {
    expect(await readFile('docs/problems.md', 'utf8')).toBe(problemsMarkdown());
  });

  it('has no code that nothing answers with', async () => {
    const source = await sources();
    const unused = codes.filter(([code, { isSpecific }]) => isSpecific && !source.includes(`'${code}'`));
    expect(unused).toEqual([]);
  });

  it('has no code of its own meaning that no operation is described to answer with', async () => {
    // Everything is turned on that has problems of its own.
    const full = await createTestApp({
      issuer,
      imports: [SealModule],
      variables: { REVOCATION: 'on', REVOCATION_ON_OUTAGE: 'deny' },
    });
    const { body } = await full.get('/docs/json');
    await full.close();
    const lists = body.matchAll(/"code":\{"type":"string","enum":(\[[^\]]*\])/g);
    const described = new Set([...lists].flatMap(([, list]) => JSON.parse(list!) as string[]));
    const specific = codes.filter(([, { isSpecific }]) => isSpecific).map(([code]) => code);
    expect(specific.filter((code) => !described.has(code))).toEqual([]);
  });

  it('has every code that is answered with a status of its own', async () => {
    const source = await sources();
    const found = source.matchAll(/status(?:: \d+)?,\s*code: '(\w+)'|code: '(\w+)',\s*status\b/g);
    for (const [, one, other] of found) expect(Object.keys(problemCodes)).toContain(one ?? other);
  });

  it('has one plain code for a status, so that an error of that status has one', () => {
    const plain = codes.filter(([code, { isSpecific }]) => !isSpecific && code !== 'bad_request');
    const statuses = plain.map(([, { status }]) => status);
    expect(new Set(statuses).size).toBe(statuses.length);
  });
});

describe('the page of problems', () => {
  it('is open to everybody, and has a section for every code', async () => {
    const page = await app.get('/docs/problems');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    for (const [code, { status }] of codes) {
      expect(page.body).toContain(`<h2 id="${code}">${code}</h2>\n      <p>${status} `);
    }
    expect((await app.get('/docs/problems.css')).headers['content-type']).toBe('text/css; charset=utf-8');
  });

  it('is where the type of a problem leads', async () => {
    const answer = await app.get('/expenses');
    const { type, code, title } = answer.json<Record<'type' | 'code' | 'title', string>>();
    expect([type, code, title]).toEqual([
      `${BASE_URL}/docs/problems#missing_token`,
      'missing_token',
      'Unauthorized',
    ]);
    const token = issuer.tokenFor({ scopes: ['read:reports', 'create:expenses'] });
    const faulty = await app.get('/expenses?limit=x', token);
    expect(faulty.json()).toMatchObject({ type: `${BASE_URL}/docs/problems#invalid_parameters` });
    const poor = await app.get('/expenses', issuer.tokenFor({ scopes: [] }));
    expect(poor.json()).toMatchObject({ type: `${BASE_URL}/docs/problems#insufficient_scope` });
  });

  it('is not named where a code says no more than its status', async () => {
    expect((await app.get('/nothing')).json()).toMatchObject({ type: 'about:blank', code: 'not_found' });
    expect((await app.get('/%zz')).json()).toMatchObject({ type: 'about:blank', code: 'malformed_request' });
  });
});
