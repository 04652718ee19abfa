import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examine } from '../../src/cli/doctor/doctor.js';
import { parseEnvironment } from '../../src/config/environment.js';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { issuerBlocks } from '../support/issuer-blocks.js';
import { issuerShapes } from '../support/issuer-shapes.js';
import { IssuerStandIn } from '../support/issuer-stand-in.js';

const CHECKS = new Set(['environment', 'audience', 'transport', 'discovery', 'issuer', 'keys', 'clock']);

/** What doctor finds of the issuer with these settings. */
async function findings(variables: Readonly<Record<string, string>>) {
  const DATABASE_URL = `pglite:${join(tmpdir(), 'a folder that is not there')}`;
  const found = await examine(() => parseEnvironment({ DATABASE_URL, ...variables }));
  return found.filter(({ check }) => CHECKS.has(check));
}

const faults = (found: Awaited<ReturnType<typeof findings>>) =>
  found.filter(({ status }) => status === 'error').map(({ check, detail }) => `${check}: ${detail}`);
const adviceLines = (found: Awaited<ReturnType<typeof findings>>) =>
  found.flatMap(({ advice }) => advice?.match(/[A-Z_]+=\S+/g) ?? []);

describe.each(issuerBlocks)('doctor, at $name', (block) => {
  let standIn: IssuerStandIn;

  beforeAll(async () => {
    standIn = await IssuerStandIn.start(block, issuerShapes[block.name]!);
  });
  afterAll(() => standIn?.close());

  it('finds no fault with the settings of the block', async () => {
    const found = await findings(standIn.variables);
    expect(faults(found)).toStrictEqual([]);
    const warned = found.filter(({ status }) => status === 'warning').map(({ check }) => check);
    // An audience that could be a client is a hint, and so are keys for other algorithms than the block allows.
    expect(warned.filter((check) => !['audience', 'keys'].includes(check))).toStrictEqual([]);
  });

  it('prints what metadata and keys tell of the settings that are missing', async () => {
    const { ISSUER_BASE_URL, ALLOWED_AUDIENCES, ISSUER, TOKEN_ALGORITHMS } = standIn.variables;
    const found = await findings({
      ISSUER_BASE_URL: ISSUER_BASE_URL!,
      ALLOWED_AUDIENCES: ALLOWED_AUDIENCES!,
    });
    const lines = adviceLines(found);
    const isAnotherName =
      ISSUER !== undefined && !ISSUER.split(',').some((name) => name.startsWith(ISSUER_BASE_URL!));
    if (isAnotherName) expect(lines).toContain(`ISSUER=${ISSUER}`);
    else expect(lines.join()).not.toContain('ISSUER=');
    if (TOKEN_ALGORITHMS === undefined) expect(lines.join()).not.toContain('TOKEN_ALGORITHMS=');
    else expect(lines.join()).toMatch(new RegExp(`TOKEN_ALGORITHMS=(RS256,)?${TOKEN_ALGORITHMS}`));
  });
});

describe('doctor', () => {
  let issuer: TestIssuer;

  beforeEach(async () => {
    issuer = await startTestIssuer();
  });
  afterEach(() => issuer.close());

  const usual = () => ({ ISSUER_BASE_URL: issuer.url, ALLOWED_AUDIENCES: 'https://expenses-api' });
  const of = async (check: string, variables: Record<string, string> = {}) =>
    (await findings({ ...usual(), ...variables })).filter((finding) => finding.check === check);

  it('says nothing of keys for encryption', async () => {
    const { n, e } = issuer.signingKey.publicKey.export({ format: 'jwk' });
    issuer.additionalKeys.push({ kty: 'RSA', n, e, kid: 'enc', use: 'enc', alg: 'RSA-OAEP' });
    issuer.additionalKeys.push({ kty: 'RSA', n, e, kid: 'plain enc', alg: 'RSA-OAEP-256' });
    issuer.additionalKeys.push({ kty: 'RSA', n, e, kid: 'ops', key_ops: ['wrapKey'] });
    expect(await of('keys')).toMatchObject([{ status: 'ok' }]);
  });

  it('compares the algorithms of the keys with those that are allowed', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    issuer.additionalKeys.push({ ...publicKey.export({ format: 'jwk' }), kid: 'ec' });
    expect(await of('keys')).toMatchObject([
      { status: 'ok', detail: expect.stringContaining('1 for RS256: 2048 bits') },
      { status: 'warning', advice: expect.stringContaining('TOKEN_ALGORITHMS=RS256,ES384') },
    ]);
    expect(await of('keys', { TOKEN_ALGORITHMS: 'EdDSA' })).toMatchObject([
      {
        status: 'error',
        detail: expect.stringContaining(
          'no key that can verify EdDSA signatures; its keys are for RS256, ES384',
        ),
        advice: 'TOKEN_ALGORITHMS=RS256,ES384',
      },
    ]);
  });

  it.each(['acme.com', 'https://login.example.com/', 'urn:example:issuer'])(
    'prints the name of an issuer that is not its address: %s',
    async (name) => {
      issuer.name = name;
      expect(await of('issuer')).toMatchObject([{ status: 'error', advice: `ISSUER=${name}` }]);
      expect(await of('issuer', { ISSUER: name })).toMatchObject([{ status: 'ok' }]);
      expect(await of('issuer', { ISSUER: 'other' })).toMatchObject([
        { status: 'warning', advice: expect.stringContaining(`ISSUER=${name}`) },
      ]);
    },
  );

  it('finds an issuer without an OpenID document by RFC 8414', async () => {
    issuer.metadataPath = '/.well-known/oauth-authorization-server';
    expect(await of('discovery')).toMatchObject([
      { status: 'ok', detail: `${issuer.url}.well-known/oauth-authorization-server answers` },
    ]);
    expect((await findings(usual())).filter(({ status }) => status !== 'ok')).toStrictEqual([]);
  });

  it('names both places where the metadata of an issuer may be when they are at neither', async () => {
    issuer.metadataPath = '/elsewhere';
    expect(await of('discovery')).toMatchObject([
      {
        status: 'error',
        detail:
          `${issuer.url}.well-known/openid-configuration answered 404, ` +
          `${issuer.url}.well-known/oauth-authorization-server answered 404`,
      },
    ]);
  });

  it('prints no template of names as a name', async () => {
    issuer.name = 'https://login.microsoftonline.com/{tenantid}/v2.0';
    const [finding] = await of('issuer');
    expect(finding).toMatchObject({ status: 'error' });
    expect(finding!.advice).not.toContain('{tenantid}');
  });

  const warned = async (variables: Record<string, string>) =>
    (await of('audience', variables)).some(({ detail }) => detail.includes('AUDIENCE_CLAIM=client_id'));

  it.each([
    ['a GUID', '11111111-2222-4333-8444-555555555555'],
    ['a client id', 'aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY'],
  ])('takes %s as audience for a hint, and for no error', async (_title, audience) => {
    expect(await of('audience', { ALLOWED_AUDIENCES: audience })).toMatchObject([{ status: 'warning' }]);
  });

  it('warns of another claim in place of aud unless something tells ID tokens', async () => {
    const AUDIENCE_CLAIM = 'client_id';
    expect(await warned({ AUDIENCE_CLAIM })).toBe(true);
    expect(await warned({ AUDIENCE_CLAIM, REQUIRED_CLAIMS: 'token_use=access' })).toBe(false);
    expect(await warned({ AUDIENCE_CLAIM, TOKEN_PROFILE: 'rfc9068' })).toBe(false);
    expect(await warned({})).toBe(false);
  });
});
