import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { loadConfiguration } from '../../src/config/config.module.js';
import { signToken, type TestApp } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { issuerBlocks, issuersFile } from '../support/issuer-blocks.js';
import { issuerShapes } from '../support/issuer-shapes.js';
import { IssuerStandIn } from '../support/issuer-stand-in.js';

const NAMED_IN_README = 15;
const settings = Object.keys(parseEnv(readFileSync('.env.example', 'utf8')));
const changeBit = (segment: string) => {
  const bytes = Buffer.from(segment, 'base64url');
  bytes[bytes.length >> 1]! ^= 1;
  return bytes.toString('base64url');
};

describe('docs/issuers.md', () => {
  it('has a block for each issuer whose tokens we know, and for no other', () => {
    const names = issuerBlocks.map(({ name }) => name);
    expect(names.toSorted()).toStrictEqual(Object.keys(issuerShapes).toSorted());
    expect(names.length).toBeGreaterThanOrEqual(NAMED_IN_README);
  });

  it('has settings in its blocks that there are', () => {
    const used = issuerBlocks.flatMap(({ variables }) => Object.keys(variables));
    expect(used.filter((name) => !settings.includes(name))).toStrictEqual([]);
  });

  it('has a file of several issuers that can be used', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'issuers-'));
    try {
      const path = join(folder, 'issuers.yaml');
      await writeFile(path, issuersFile);
      const { environment } = await loadConfiguration({ ISSUERS_FILE: path });
      expect(environment.ISSUERS).toMatchObject([{}, { scopePrefix: 'https://expenses-api/' }]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe.each(issuerBlocks)('the block of $name', (block) => {
  const shape = issuerShapes[block.name]!;
  const route = shape.route ?? '/secured';
  const kinds = Object.keys(shape.tokens);
  let standIn: IssuerStandIn;
  let api: TestApp;

  beforeAll(async () => {
    standIn = await IssuerStandIn.start(block, shape);
    const { address: url, audiences } = standIn.names;
    api = await createAuthApp({ url, audience: audiences[0] } as Parameters<typeof createAuthApp>[0], {
      variables: standIn.variables,
    });
  });

  afterAll(async () => {
    await api?.close();
    await standIn?.close();
  });

  const claimsOf = (kind: string, others?: object) =>
    standIn.claims(shape.tokens[kind]!(standIn.names), others);
  const statusOf = async (token: string) => (await api.get(route, token)).statusCode;
  const required = Object.keys(
    Object.fromEntries((block.variables.REQUIRED_CLAIMS ?? '').split(',').map((claim) => claim.split('='))),
  ).filter((name) => name !== '');

  it.each(kinds)('lets in the token of a %s', async (kind) => {
    expect(await statusOf(standIn.sign(claimsOf(kind)))).toBe(200);
  });

  it.each(kinds)('lets in no token of a %s that was tampered with', async (kind) => {
    const claims = claimsOf(kind);
    const [header, payload, signature = ''] = standIn.sign(claims).split('.');
    const [, otherPayload] = standIn.sign({ ...claims, sub: 'admin' }).split('.');
    const secret = createSecretKey(Buffer.from(standIn.publicKey));
    const tampered = {
      'other claims': `${header}.${otherPayload}.${signature}`,
      'another signature': `${header}.${payload}.${changeBit(signature)}`,
      'no signature': standIn.sign(claims, { alg: 'none' }).replace(/[^.]+$/, ''),
      'a key of somebody else': standIn.forge(claims),
      'the public key as a secret': signToken({ alg: 'HS256', typ: 'JWT' }, claims, secret),
    };
    const refused = await Promise.all(
      Object.entries(tampered).map(async ([title, token]) => [title, await statusOf(token)]),
    );
    expect(refused).toStrictEqual(Object.keys(tampered).map((title) => [title, 401]));
  });

  it.each(kinds)(
    'lets in no genuine token of a %s that is for others, of others or too old',
    async (kind) => {
      const own = claimsOf(kind);
      const audience = 'aud' in own ? 'aud' : block.variables.AUDIENCE_CLAIM!;
      const wrong: Record<string, object> = {
        'another issuer': { iss: 'https://other.example.com/' },
        'the issuer in capitals': { iss: String(own.iss).toUpperCase() },
        'another audience': { [audience]: 'https://other-api' },
        'no audience': { aud: undefined, [audience]: undefined },
        expired: { exp: Math.floor(Date.now() / 1000) - 60 },
        ...Object.fromEntries(required.map((name) => [`${name} of others`, { [name]: 'other' }])),
      };
      const refused = await Promise.all(
        Object.entries(wrong).map(async ([title, others]) => [
          title,
          await statusOf(standIn.sign(claimsOf(kind, others))),
        ]),
      );
      expect(refused).toStrictEqual(Object.keys(wrong).map((title) => [title, 401]));
    },
  );

  it('needs the permission', async () => {
    const claims = claimsOf(kinds[0]!, {
      scope: undefined,
      scp: undefined,
      roles: undefined,
      realm_access: undefined,
      app_metadata: undefined,
      'urn:zitadel:iam:org:project:roles': undefined,
    });
    expect((await api.get('/secured', standIn.sign(claims))).statusCode).toBe(403);
  });

  if (shape.idToken) {
    it('lets in no ID token', async () => {
      expect(
        await statusOf(standIn.sign(standIn.claims(shape.idToken!(standIn.names)), { typ: 'JWT' })),
      ).toBe(401);
    });
  }
});
