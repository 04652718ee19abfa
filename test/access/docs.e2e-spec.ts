import type { OpenAPIObject } from '@nestjs/swagger';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createTestApp } from '../support/test-app.js';

let issuer: TestIssuer | undefined;
let api: TestApp | undefined;
let description: OpenAPIObject;

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await createTestApp({
    issuer,
    variables: { BASE_URL: 'https://api.example.com', DOCS_CLIENT_ID: 'docs-client' },
  });
  description = (await get('/docs/json')).json();
});
afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

const get = (url: string) => (api as TestApp).get(url);

describe('GET /docs/json', () => {
  it('leads to the endpoints of the configured issuer, with the permissions that routes speak of', () => {
    expect(description.components?.securitySchemes?.oauth2).toMatchObject({
      type: 'oauth2',
      flows: {
        authorizationCode: {
          authorizationUrl: `${issuer?.url}authorize`,
          tokenUrl: `${issuer?.url}oauth/token`,
          scopes: { 'read:reports': 'Read your expenses and reports' },
        },
      },
    });
  });

  it('documents bodies and answers from the schemas that validate them', () => {
    expect(description.paths['/expenses']?.post?.requestBody).toMatchObject({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/NewExpense' } } },
    });
    expect(description.components?.schemas?.NewExpense).toMatchObject({
      properties: { value: expect.objectContaining({ type: 'number' }) },
    });
  });

  it('documents the parameters of the list', () => {
    const names = description.paths['/']?.get?.parameters?.map(
      (parameter) => (parameter as { name?: string }).name,
    );
    expect(names).toEqual(expect.arrayContaining(['limit', 'cursor', 'from', 'owner']));
  });
});

/** What the description has about the 503 of an operation, by these settings. */
const unavailableBy = async (variables: Record<string, string>, path: string, method: 'get' | 'post') => {
  const service = await createTestApp({ issuer: issuer!, variables });
  const { paths } = (await service.get('/docs/json')).json<OpenAPIObject>();
  await service.close();
  return JSON.stringify(paths[path]?.[method]?.responses['503'] ?? {});
};

describe('the answers of an operation while it is not known which tokens are revoked', () => {
  const deny = { REVOCATION: 'on', REVOCATION_ON_OUTAGE: 'deny' };

  it('have revocations_unavailable where tokens are refused then', async () => {
    expect(await unavailableBy(deny, '/currencies', 'get')).toContain('"revocations_unavailable"');
  });

  it('have it neither where no token is asked for, nor by settings that refuse none', async () => {
    const places = [
      unavailableBy(deny, '/backchannel-logout', 'post'),
      unavailableBy({ ...deny, REVOCATION_ON_OUTAGE: 'allow' }, '/currencies', 'get'),
      unavailableBy({ ...deny, REVOCATION: 'off' }, '/currencies', 'get'),
    ];
    for (const codes of await Promise.all(places)) {
      expect(codes).toContain('"keys_unavailable"');
      expect(codes).not.toContain('revocations_unavailable');
    }
  });
});

describe('GET /docs', () => {
  it('is a page that may run our scripts only and call the issuer only', async () => {
    const { headers, body } = await get('/docs');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("script-src 'self';");
    expect(headers['content-security-policy']).toContain(
      `connect-src 'self' ${new URL(issuer?.url ?? '').origin};`,
    );
    expect(body).not.toMatch(/<script>|<style>/);
  });

  it('has all its files', async () => {
    const { body } = await get('/docs');
    const files = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => String(file));
    expect(files).toHaveLength(5);
    for (const file of [...files, '/docs/oauth2-redirect.html', '/docs/oauth2-redirect.js']) {
      expect({ file, status: (await get(file)).statusCode }).toEqual({ file, status: 200 });
    }
  });

  it('asks for tokens with PKCE, as the configured client, for our audience', async () => {
    const { body } = await get('/docs/start.js');
    expect(body).toContain('"clientId":"docs-client"');
    expect(body).toContain('"usePkceWithAuthorizationCodeGrant":true');
    expect(body).toContain('"additionalQueryStringParams":{"audience":"https://expenses-api"}');
  });

  it('ticks the scopes that operations need, and asks for no secret', async () => {
    const { body } = await get('/docs/start.js');
    const [, scopes] = /"scopes":(\[[^\]]+\])/.exec(body) ?? [];
    expect(JSON.parse(String(scopes))).toEqual(expect.arrayContaining(['create:expenses', 'read:reports']));
    expect((await get('/docs/page.css')).body).toContain("label[for^='client_secret']");
  });

  it.each(['index.html', 'package.json', '..%2Fpackage.json', 'constructor'])(
    'does not serve %s',
    async (file) => {
      expect((await get(`/docs/${file}`)).statusCode).toBe(404);
    },
  );

  it('leaves the policy of everything else as strict as it is', async () => {
    for (const url of ['/docs/json', '/', '/nothing']) {
      expect((await get(url)).headers['content-security-policy']).toBe(
        "default-src 'none';frame-ancestors 'none'",
      );
    }
  });
});

it('does not keep the addresses that it guessed while the issuer was away', async () => {
  const away = await startTestIssuer();
  const other = await createTestApp({ issuer: away });
  const asksTheIssuer = async () => {
    const before = away.requests.discovery;
    expect((await other.get('/docs/json')).body).toContain(`${away.url}authorize`);
    return away.requests.discovery > before;
  };
  try {
    await away.fail('refuse');
    expect(await asksTheIssuer()).toBe(false);
    await away.recover();
    expect(await asksTheIssuer()).toBe(true);
    expect(await asksTheIssuer()).toBe(false);
  } finally {
    await other.close();
    await away.close();
  }
});
