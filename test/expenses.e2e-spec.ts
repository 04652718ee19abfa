import { DatabaseModule } from '../src/database/database.module.js';
import { ExpensesModule } from '../src/expenses/expenses.module.js';
import { createTestApp, type TestApp, TestIssuer } from '../src/testing/index.js';
import { describeOnBothEngines, type TestDatabase } from './support/databases.js';

describeOnBothEngines('The expenses', (engine) => {
  let issuer: TestIssuer;
  let database: TestDatabase;
  let api: TestApp;
  let alice: string;

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    database = await engine.create();
    api = await createTestApp({
      issuer,
      variables: { DATABASE_URL: database.url },
      imports: [DatabaseModule, ExpensesModule],
    });
    alice = issuer.tokenFor({ sub: 'auth0|alice', scopes: ['read:reports', 'create:expenses'] });
  });

  afterAll(async () => {
    await api?.close();
    await issuer?.close();
    await database?.drop();
  });

  const pizza = { date: '2021-07-05', description: 'Pizza for a Coding Dojo session.', value: 102 };

  it('keeps an expense and lists it', async () => {
    const created = await api.inject({ method: 'POST', url: '/expenses', payload: pizza }, alice);
    expect(created.json()).toMatchObject({ ...pizza, currency: 'USD', category: null });
    expect(created.statusCode).toBe(201);
    expect(created.headers.etag).toBe('"1"');
    const found = await api.get(created.headers.location as string, alice);
    expect(found.json()).toEqual(created.json());
    const listed = await api.get('/', alice);
    expect(listed.json()).toEqual([created.json()]);
  });

  it('gives pages that lead to one another', async () => {
    const bob = issuer.tokenFor({ sub: 'auth0|bob', scopes: ['read:reports', 'create:expenses'] });
    for (let day = 1; day <= 5; day++) {
      const payload = { ...pizza, date: `2021-07-0${day}`, value: day + 0.1 };
      await api.inject({ method: 'POST', url: '/expenses', payload }, bob);
    }
    const seen: number[] = [];
    let url: string | undefined = '/?limit=2';
    while (url) {
      const page = await api.get(url, bob);
      seen.push(...page.json<{ value: number }[]>().map(({ value }) => value));
      url = /<([^>]+)>; rel="next"/.exec(String(page.headers.link))?.[1]?.replace(/^/, '/');
    }
    expect(seen).toEqual([5.1, 4.1, 3.1, 2.1, 1.1]);
  });

  it('names every faulty field of a new expense', async () => {
    const payload = { date: '2026-02-30', description: ' ', value: 0.001, category: 7, nonsense: 1 };
    const refused = await api.inject({ method: 'POST', url: '/expenses', payload }, alice);
    expect(refused.statusCode).toBe(422);
    expect(
      refused
        .json<{ errors: { pointer: string }[] }>()
        .errors.map(({ pointer }) => pointer)
        .toSorted(),
    ).toEqual(['#/category', '#/date', '#/description', '#/nonsense', '#/value']);
  });
});
