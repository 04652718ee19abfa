import { Readable } from 'node:stream';
import type { AccessRules, AuthOptions, Route } from '../../src/auth/index.js';
import { explain, type Explanation } from '../../src/cli/explain/explain.js';
import { findRoute } from '../../src/cli/explain/find-route.js';
import { readCredentials } from '../../src/cli/explain/read-credentials.js';
import { readAccess } from '../../src/cli/read-access.js';
import { attacks } from '../../src/testing/describe-access.attacks.js';
import { giveBack, type SigningKey, takeSigningKey } from '../../src/testing/signing-key.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createTestApp } from '../support/test-app.js';

let issuer: TestIssuer;
let api: TestApp | undefined;
let foreignKey: SigningKey;
let rules: AccessRules;
let options: AuthOptions;

beforeAll(async () => {
  issuer = await startTestIssuer();
  foreignKey = await takeSigningKey();
  api = await createTestApp({ issuer });
  rules = await readAccess();
  options = { issuerBaseUrl: issuer.url, audiences: [issuer.audience] };
});
afterAll(async () => {
  await api?.close();
  if (foreignKey) giveBack(foreignKey);
  await issuer?.close();
});

const route = (method: string, path: string) => findRoute(rules.routes, method, path) as Route;
const explained = (token?: string, path = '/', query = {}): Promise<Explanation> =>
  explain({ route: route('GET', path), token, query }, { rules, options });
const failed = ({ steps }: Explanation) => steps.filter(({ passed }) => !passed).map(({ text }) => text);

describe('explain', () => {
  it.each(attacks.map((attack) => [attack.title, attack] as const))(
    'comes to the verdict of the running application with %s, and does not give the token away',
    async (_title, attack) => {
      const tokens = attack.tokens(route('GET', '/'), {
        issuer,
        foreignKey,
        routes: rules.routes,
        subject: 'alice',
      });
      for (const token of tokens) {
        const explanation = await explained(token);
        const answer = await (api as TestApp).get('/', token);
        const expected =
          answer.statusCode === 200 ? 'accepted' : `${answer.statusCode} ${answer.json().code}`;
        expect(explanation.verdict).toBe(expected);
        expect(failed(explanation)).toHaveLength(explanation.accepted ? 0 : 1);
        const [, , signature = ''] = token?.split('.') ?? [];
        if (signature !== '') expect(JSON.stringify(explanation)).not.toContain(signature);
      }
    },
  );

  it('says what was found and what was expected', async () => {
    const one = async (claims: object) =>
      failed(await explained(issuer.tokenFor({ scopes: [], ...claims }))).join();
    expect(await one({ iss: issuer.url.slice(0, -1) })).toBe(
      `the token was issued by the configured issuer: iss is "${issuer.url.slice(0, -1)}", expected is "${issuer.url}"`,
    );
    expect(await one({ aud: 'client' })).toContain('aud is "client", expected is "https://expenses-api"');
    expect(await one({ exp: 1_600_000_000 })).toContain('exp is 2020-09-13T12:26:40.000Z, ');
    expect(await one({ scopes: ['read:others'] })).toBe(
      'the token grants read:reports; it grants: "read:others"',
    );
  });

  it('tells of optional scopes', async () => {
    const { steps, accepted } = await explained(issuer.tokenFor({ scopes: ['read:reports'] }));
    expect(accepted).toBe(true);
    expect(steps.at(-1)).toEqual({ passed: true, text: 'optional: read:all_reports is not granted' });
  });

  it('says that a public route looks at no token', async () => {
    expect(await explained('rubbish', '/health/live')).toEqual({
      accepted: true,
      verdict: 'accepted',
      steps: [{ passed: true, text: 'the route is HealthController.live, its rule: public' }],
    });
  });

  it('refuses a token in the query, as the API does', async () => {
    const explanation = await explained(undefined, '/', { access_token: 'x' });
    expect(explanation.verdict).toBe('400 invalid_request');
  });

  it('says that keys cannot be had, and why', async () => {
    await issuer.fail('server-error', 'keys');
    const explanation = await explained(issuer.tokenFor({ scopes: ['read:reports'] })).finally(() =>
      issuer.recover(),
    );
    expect(explanation.verdict).toBe('503 keys_unavailable');
    expect(failed(explanation).join()).toMatch(/^the issuer's keys can be had: .*500/);
  });

  it('lets nothing of a hostile claim reach the terminal as it is', async () => {
    const explanation = await explained(
      issuer.tokenFor({ aud: '\u001B[31m\u009B\u202E' + 'x'.repeat(1000) }),
    );
    const [text = ''] = failed(explanation);
    expect(text).toMatch(/^[ -~]*$/);
    expect(text.length).toBeLessThan(500);
  });
});

const named = (method: string, path: string) => findRoute(rules.routes, method, path)?.name;

describe('findRoute', () => {
  it('prefers fixed segments to parameters', () => {
    expect(named('GET', '/docs/json')).toBe('DocsController.json');
    expect(named('GET', '/docs/swagger-ui.css')).toBe('DocsController.file');
  });

  it('answers HEAD as GET, and nothing for what is not there', () => {
    expect(named('HEAD', '/')).toBe('ExpensesController.list');
    expect(named('GET', '/nothing')).toBeUndefined();
    expect(named('PUT', '/')).toBeUndefined();
    expect(named('GET', '/health-live')).toBeUndefined();
  });
});

describe('readCredentials', () => {
  it.each([
    ['abc', { token: 'abc', scheme: 'Bearer', proofs: [] }],
    ['  abc\n', { token: 'abc', scheme: 'Bearer', proofs: [] }],
    ['Bearer abc\n', { token: 'abc', scheme: 'Bearer', proofs: [] }],
    ['Authorization: Bearer abc', { token: 'abc', scheme: 'Bearer', proofs: [] }],
    ['\n', { token: undefined, scheme: 'Bearer', proofs: [] }],
    ['Authorization: DPoP abc\r\nDPoP: x.y.z\r\n', { token: 'abc', scheme: 'DPoP', proofs: ['x.y.z'] }],
    ['dpop: x.y.z\nabc', { token: 'abc', scheme: 'DPoP', proofs: ['x.y.z'] }],
    ['Bearer abc\nDPoP: x\nDPoP: y', { token: 'abc', scheme: 'Bearer', proofs: ['x', 'y'] }],
    ['DPoP abc', { token: 'abc', scheme: 'DPoP', proofs: [] }],
  ])('of %j are %j', async (text, credentials) => {
    expect(await readCredentials(Readable.from([text]))).toEqual(credentials);
  });

  it('do not read without end', async () => {
    await expect(
      readCredentials(Readable.from(Array.from({ length: 100 }, () => 'x'.repeat(1000)))),
    ).rejects.toThrow('longer than');
  });

  it('may have 65,536 characters, more than any token that the API takes, and not one more', async () => {
    const longest = 'x'.repeat(65_536);
    expect(await readCredentials(Readable.from([longest]))).toMatchObject({ token: longest });
    await expect(readCredentials(Readable.from([longest, 'x']))).rejects.toThrow(
      'The input is longer than 65536 characters.',
    );
  });
});
