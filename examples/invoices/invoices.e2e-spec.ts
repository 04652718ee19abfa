import {
  createTestApp,
  describeAccess,
  startTestIssuer,
  type TestApp,
  type TestIssuer,
} from '../../src/testing/index.js';
import { InvoicesModule } from './invoices.module.js';

let issuer: TestIssuer;
let app: TestApp;

beforeAll(async () => {
  issuer = await startTestIssuer();
  app = await createTestApp({ issuer, imports: [InvoicesModule] });
});
afterAll(async () => {
  await app?.close();
  await issuer?.close();
});

const tokenOf = (sub: string) => issuer.tokenFor({ sub, scopes: ['read:invoices', 'create:invoices'] });
const create = (sub: string, payload: object) =>
  app.inject({ method: 'POST', url: '/invoices', payload }, tokenOf(sub));

// Who may call what: all of it, for all routes of the application.
describeAccess(() => app);

describe('invoices', () => {
  it('can be written and read by their owner', async () => {
    const created = await create('alice', { customer: 'Baker', amount: 120.5 });
    expect(created.statusCode).toBe(201);
    const { id } = created.json<{ id: string }>();
    expect((await app.get(`/invoices/${id}`, tokenOf('alice'))).json()).toEqual({
      id,
      customer: 'Baker',
      amount: 120.5,
    });
  });

  it('do not exist for anybody else', async () => {
    const { id } = (await create('alice', { customer: 'Baker', amount: 1 })).json<{ id: string }>();
    expect((await app.get(`/invoices/${id}`, tokenOf('bob'))).statusCode).toBe(404);
    expect((await app.get('/invoices', tokenOf('bob'))).json()).toEqual([]);
  });

  it('are refused with every fault at once', async () => {
    const answer = await create('alice', { customer: '', amount: -1 });
    expect(answer.statusCode).toBe(422);
    expect(answer.json<{ errors: object[] }>().errors).toMatchObject([
      { pointer: '#/customer' },
      { pointer: '#/amount' },
    ]);
  });

  it('are in the documentation, with what they ask for', async () => {
    const { paths } = (await app.get('/docs/json')).json<{ paths: Record<string, Record<string, object>> }>();
    expect(paths['/invoices']?.post).toMatchObject({ security: [{ oauth2: ['create:invoices'] }] });
    expect(paths['/invoices/{id}']?.get).toMatchObject({ security: [{ oauth2: ['read:invoices'] }] });
  });
});
