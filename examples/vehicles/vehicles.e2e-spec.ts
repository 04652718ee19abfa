import {
  createTestApp,
  describeAccess,
  startTestIssuer,
  type TestApp,
  type TestIssuer,
} from '../../src/testing/index.js';

let issuer: TestIssuer;
let app: TestApp;

beforeAll(async () => {
  issuer = await startTestIssuer();
  app = await createTestApp({ issuer });
});
afterAll(async () => {
  await app?.close();
  await issuer?.close();
});

const tokenOf = (sub: string) =>
  issuer.tokenFor({ sub, scopes: ['read:vehicles', 'create:vehicles', 'delete:vehicles'] });
const create = (sub: string, payload: object) =>
  app.inject({ method: 'POST', url: '/vehicles', payload }, tokenOf(sub));
const remove = (sub: string, id: string) =>
  app.inject({ method: 'DELETE', url: `/vehicles/${id}` }, tokenOf(sub));

// Who may call what: all of it, for all routes of the application.
describeAccess(() => app);

describe('/vehicles', () => {
  it('are kept, and can be read and removed by their owner', async () => {
    const created = await create('alice', { name: 'van' });
    expect(created.statusCode).toBe(201);
    const one = created.json<{ id: string; name: string }>();
    expect(one.name).toBe('van');
    expect((await app.get(`/vehicles/${one.id}`, tokenOf('alice'))).json()).toEqual(one);
    expect((await app.get('/vehicles', tokenOf('alice'))).json()).toEqual([one]);
    expect((await remove('alice', one.id)).statusCode).toBe(204);
    expect((await remove('alice', one.id)).statusCode).toBe(404);
  });

  it('do not exist for anybody else', async () => {
    const { id } = (await create('alice', { name: 'van' })).json<{ id: string }>();
    expect((await app.get(`/vehicles/${id}`, tokenOf('bob'))).statusCode).toBe(404);
    expect((await remove('bob', id)).statusCode).toBe(404);
    expect((await app.get('/vehicles', tokenOf('bob'))).json()).toEqual([]);
    expect((await app.get(`/vehicles/${id}`, tokenOf('alice'))).statusCode).toBe(200);
  });

  it('are refused without a name, and looked for by nothing but an id', async () => {
    const refused = await create('alice', { name: ' ' });
    expect(refused.statusCode).toBe(422);
    expect(refused.json<{ errors: object[] }>().errors).toMatchObject([{ pointer: '#/name' }]);
    expect((await app.get("/vehicles/1'--", tokenOf('alice'))).statusCode).toBeLessThan(500);
  });
});
