import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createTestApp } from '../support/test-app.js';

/** As clients see it; the proxy in front takes `/expenses-api` off, so that it is not in what arrives here. */
const BASE_URL = 'https://example.com/expenses-api';
const METADATA = 'https://example.com/.well-known/oauth-protected-resource/expenses-api';

describe('behind a proxy that serves the API under a path', () => {
  let issuer: TestIssuer | undefined;
  let api: TestApp | undefined;

  beforeAll(async () => {
    issuer = await startTestIssuer();
    api = await createTestApp({ issuer, variables: { BASE_URL } });
  });
  afterAll(async () => {
    await api?.close();
    await issuer?.close();
  });

  it('a challenge leads to the metadata of the resource with its path, which name it (RFC 9728, 3.1)', async () => {
    const refused = await api!.get('/');
    expect(refused.headers['www-authenticate']).toContain(`resource_metadata="${METADATA}"`);
    const metadata = await api!.get(new URL(METADATA).pathname);
    expect(metadata.json()).toMatchObject({ resource: BASE_URL });
  });

  it.each(['/other', '/expenses-api/more', '/a/b/c/d'])(
    'there are no metadata of the path %s',
    async (path) => {
      const answer = await api!.get(`/.well-known/oauth-protected-resource${path}`);
      expect(answer.statusCode).toBe(404);
    },
  );

  it('Location leads to the new row, and Link to the next page, through the proxy', async () => {
    const token = issuer!.tokenFor({ scopes: ['create:expenses', 'read:reports'] });
    const payload = { date: '2026-03-01', description: 'Train', value: 1, currency: 'EUR' };
    const urls: string[] = [];
    for (let count = 0; count < 2; count += 1) {
      const created = await api!.inject({ method: 'POST', url: '/expenses', payload }, token);
      urls.push(new URL(String(created.headers.location), `${BASE_URL}/expenses`).href);
    }
    expect(urls[0]).toMatch(new RegExp(`^${BASE_URL}/expenses/`));
    expect((await api!.get(urls[0]!.slice(BASE_URL.length), token)).statusCode).toBe(200);
    const page = await api!.get('/?limit=1', token);
    const next = /<([^>]+)>; rel="next"/.exec(String(page.headers.link))?.[1];
    expect(new URL(next!, `${BASE_URL}/`).href).toMatch(new RegExp(`^${BASE_URL}/\\?`));
  });

  it('the documentation and its description lead nowhere else', async () => {
    expect((await api!.get('/docs')).body).not.toMatch(/(href|src)="\//);
    expect((await api!.get('/docs/json')).json()).toMatchObject({
      servers: [{ url: '/expenses-api' }, { url: BASE_URL }],
    });
  });
});
