import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { Controller, Get, Module } from '@nestjs/common';
import { CurrentPrincipal, type Principal, Scopes } from '../auth/index.js';
import { createTestApp, issuerFaults, startTestIssuer, type TestApp, type TestIssuer } from './index.js';

@Controller('things')
class ThingsController {
  @Get()
  @Scopes('read:reports')
  list(@CurrentPrincipal() { subject, scopes }: Principal) {
    return { subject, scopes };
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startTestIssuer();
});

afterAll(() => issuer?.close());

async function documents() {
  const metadata = (await (await fetch(`${issuer.url}.well-known/openid-configuration`)).json()) as {
    jwks_uri: string;
  };
  const keySet = (await (await fetch(metadata.jwks_uri)).json()) as {
    keys: (JsonWebKey & { kid: string })[];
  };
  return { metadata, keySet };
}

async function publishedKeys(): Promise<(JsonWebKey & { kid: string })[]> {
  return (await documents()).keySet.keys;
}

describe('the test issuer', () => {
  it('signs tokens that the keys it publishes verify', async () => {
    const [key] = await publishedKeys();
    const [header = '', claims, signature = ''] = issuer.tokenFor().split('.');
    const content = Buffer.from(`${header}.${claims}`);
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toStrictEqual({
      alg: 'RS256',
      typ: 'JWT',
      kid: key?.kid,
    });
    const publicKey = createPublicKey({ format: 'jwk', key: key as JsonWebKey });
    expect(verify('sha256', content, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  it('publishes old keys only as long as it is told to', async () => {
    const first = issuer.signingKey.kid;
    const { kid: second } = await issuer.rotateKeys({ keepOld: true });
    expect((await publishedKeys()).map(({ kid }) => kid)).toStrictEqual([first, second]);
    issuer.withdrawOldKeys();
    expect((await publishedKeys()).map(({ kid }) => kid)).toStrictEqual([second]);
  });

  it('counts what it is asked for', async () => {
    const before = { ...issuer.requests };
    await publishedKeys();
    expect(issuer.requests).toStrictEqual({ discovery: before.discovery + 1, keys: before.keys + 1 });
  });

  it.each(issuerFaults.filter((fault) => fault !== 'hang'))(
    'recovers from %s on the same port',
    async (fault) => {
      const good = await documents();
      await issuer.fail(fault);
      expect(await documents().catch(() => 'failed')).not.toStrictEqual(good);
      await issuer.recover();
      expect(await documents()).toStrictEqual(good);
    },
  );

  it('can fail for one document only', async () => {
    await issuer.fail('server-error', 'keys');
    expect((await fetch(`${issuer.url}.well-known/openid-configuration`)).status).toBe(200);
    expect((await fetch(`${issuer.url}.well-known/jwks.json`)).status).toBe(500);
    await issuer.recover();
  });
});

describe('the test application', () => {
  let api: TestApp;
  // Not the issuer above, to which broken connections may be left.
  let itsIssuer: TestIssuer;

  beforeAll(async () => {
    itsIssuer = await startTestIssuer();
    api = await createTestApp({ issuer: itsIssuer, imports: [ThingsModule] });
  });

  afterAll(async () => {
    await api?.close();
    await itsIssuer?.close();
  });

  it('accepts the tokens of its issuer', async () => {
    const response = await api.get(
      '/things',
      itsIssuer.tokenFor({ sub: 'auth0|bob', scopes: ['read:reports'] }),
    );
    expect(response.statusCode).toBe(200);
    expect(response.json()).toStrictEqual({ subject: 'auth0|bob', scopes: ['read:reports'] });
  });

  it('refuses requests without token and tokens without the scope', async () => {
    expect((await api.get('/things')).statusCode).toBe(401);
    expect((await api.get('/things', itsIssuer.tokenFor())).statusCode).toBe(403);
  });

  it('listens on a free port when asked', async () => {
    const url = await api.listen();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${url}/things`)).status).toBe(401);
  });
});
