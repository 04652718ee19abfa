import { refusals } from '../../src/auth/index.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { expectExpenses } from '../support/refusal.js';

const RESOURCE = 'https://example.com/team/expenses-api';
const METADATA = 'https://example.com/.well-known/oauth-protected-resource/team/expenses-api';
/** Of a web page that may call the API. Every other one may read its metadata. */
const PAGE = 'https://app.example.com';

let issuer: TestIssuer;
let api: TestApp;

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await createAuthApp(issuer, {
    variables: {
      BASE_URL: 'https://inside.example.com',
      RESOURCE,
      CORS_ORIGINS: PAGE,
      TRUST_PROXY: '127.0.0.1',
    },
  });
});
afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

const get = (url: string, headers: Record<string, string> = {}) =>
  api.inject({ method: 'GET', url, headers });
const metadataPath = new URL(METADATA).pathname;
const sendFor = (aud: unknown) => api.get('/secured', issuer.tokenFor({ aud, scopes: ['read:reports'] }));

describe('the identifier of the resource, with its path', () => {
  it.each([[RESOURCE], [`${RESOURCE}/`], [[RESOURCE]], [['https://other.example.com', `${RESOURCE}/`]]])(
    'is an audience by itself: %j',
    async (aud) => {
      expectExpenses(await sendFor(aud));
    },
  );

  it.each([
    'https://example.com',
    'https://example.com/',
    'https://example.com/team',
    `${RESOURCE}//`,
    `${RESOURCE}/more`,
    `${RESOURCE}-2`,
    `${RESOURCE}?`,
    `${RESOURCE}#`,
    `${RESOURCE} `,
    RESOURCE.toUpperCase(),
    RESOURCE.replace('https', 'http'),
    RESOURCE.replace('.com', '.com:443'),
    RESOURCE.replace('expenses', '%65xpenses'),
    RESOURCE.replace('team', './team'),
    'https://inside.example.com',
    METADATA,
  ])('is no other one: %s', async (aud) => {
    const refused = await sendFor(aud);
    expect(refused.statusCode).toBe(401);
    expect(refused.json()).toMatchObject({ code: 'invalid_token', detail: refusals.wrong_audience });
  });
});

describe('the metadata of the resource, with its path', () => {
  it('are where the path is behind, and say what it is called and where it is described', async () => {
    expect((await get(metadataPath)).json()).toMatchObject({
      resource: RESOURCE,
      resource_name: 'Expenses API',
      resource_documentation: 'https://inside.example.com/docs',
    });
    expect((await get(`${metadataPath}/more`)).statusCode).toBe(404);
    expect((await get(`${metadataPath}-2`)).statusCode).toBe(404);
  });

  it.each([undefined, PAGE, 'https://anywhere.example', 'null'])(
    'may be read by a page of %s',
    async (origin) => {
      for (const url of [metadataPath, '/.well-known/oauth-protected-resource']) {
        const { statusCode, headers } = await get(url, origin === undefined ? {} : { origin });
        expect(statusCode).toBe(200);
        expect(headers['access-control-allow-origin']).toBe('*');
        expect(headers['access-control-allow-credentials']).toBeUndefined();
      }
    },
  );

  it.each<Record<string, string>>([
    { host: 'evil.example' },
    { 'x-forwarded-host': 'evil.example' },
    { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', 'x-forwarded-port': '1' },
    { forwarded: 'host=evil.example;proto=http' },
    { 'x-original-host': 'evil.example', 'x-forwarded-prefix': '/evil', 'x-original-url': '/evil' },
  ])('and the challenge are the same whatever a proxy, trusted or not, says: %j', async (headers) => {
    const [usual, asked] = [await get(metadataPath), await get(metadataPath, headers)];
    expect(asked.body).toBe(usual.body);
    const refused = await get('/secured', headers);
    expect(refused.headers['www-authenticate']).toBe(
      `Bearer scope="read:reports", resource_metadata="${METADATA}"`,
    );
    const { body } = await get('/secured', { ...headers, authorization: 'Bearer x' });
    expect(asked.body + body + JSON.stringify(asked.headers)).not.toContain('evil');
  });
});
