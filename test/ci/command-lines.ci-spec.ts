import { createSecretKey } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DpopClient } from '../../src/testing/dpop-client.js';
import { signToken, startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { Program } from '../support/program.js';

// Every class of refusal is in explain.e2e-spec.ts and its neighbours; here are the commands as a person runs them.

/** What no output may hold: the value of a claim that is none of the check's business. */
const SECRET = 'of-nobodys-business';
const client = new DpopClient();
const file = join(tmpdir(), `issuers-${process.pid}.yaml`);

let program: Program;
let issuer: TestIssuer;
let other: TestIssuer;
let usual: Record<string, string>;

beforeAll(async () => {
  [program, issuer, other] = await Promise.all([
    Program.compile(),
    startTestIssuer(),
    startTestIssuer({ algorithm: 'ES256' }),
  ]);
  usual = { ISSUER_BASE_URL: issuer.url, ALLOWED_AUDIENCES: 'https://expenses-api' };
  const entries = [issuer, other].map(
    ({ url, signingKey: { algorithm } }) =>
      `- issuerBaseUrl: ${url}\n  audiences: [https://expenses-api]\n  algorithms: [${algorithm}]\n`,
  );
  await writeFile(file, entries.join(''));
}, 120_000);
afterAll(async () => {
  await Promise.all([program?.remove(), issuer?.close(), other?.close(), rm(file, { force: true })]);
});

const token = (claims: object, by = issuer) =>
  by.tokenFor({ scopes: ['read:reports'], email: SECRET, sub: SECRET, ...claims });
const explain = (input: string, variables: Record<string, string> = usual) =>
  program.feed(input, variables, 'cli/explain.js', 'GET', '/');

const doctor = (variables: Record<string, string>, ...parameters: string[]) =>
  program.executeWith({ DATABASE_URL: 'pglite:none', ...variables }, 'cli/doctor.js', ...parameters);

describe('npm run explain', () => {
  it('says yes to every check of a good token, and ends with 0', async () => {
    const { code, stdout, stderr } = await explain(`${token({})}\r\n`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^(yes {2}.+\n)+\naccepted\n$/);
  });

  it('says of a good token that it may be revoked, where tokens can be', async () => {
    const { code, stdout } = await explain(token({}), { ...usual, REVOCATION: 'on' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/\naccepted\nWhether it was revoked is not looked up; .* revoked_token\.\n$/);
  });

  it.each<[string, () => string, string, readonly string[]]>([
    [
      'without aud, but with a client',
      () => token({ aud: undefined, azp: undefined, client_id: SECRET }),
      'it lacks aud, has client_id: AUDIENCE_CLAIM',
      ['AUDIENCE_CLAIM=client_id', 'ALLOWED_AUDIENCES=https://expenses-api,CLIENT-ID'],
    ],
    ['with an empty aud', () => token({ aud: [] }), 'aud is []: no audience was asked for', []],
    ['without scope', () => token({ scope: undefined }), 'nothing; scope is absent, scp is absent', []],
    ['with a scope that is an object', () => token({ scope: { x: SECRET } }), 'scope is an object', []],
    [
      'with roles',
      () => token({ scope: undefined, realm_access: { roles: ['read:reports', SECRET] } }),
      'nothing; scope is absent, scp is absent',
      ['GRANTS_FROM=scope_or_permissions', 'PERMISSIONS_CLAIM=realm_access.roles'],
    ],
    ['of 1 part', () => SECRET, 'it has 1 part and not 3: it is opaque', []],
    ['of 5 parts', () => `e30..${SECRET}.AAAA.AAAA`, 'it has 5 parts: it is encrypted', []],
    [
      'of HS256',
      () => signToken({ alg: 'HS256' }, { sub: SECRET }, createSecretKey(Buffer.alloc(32))),
      'alg is "HS256", allowed is "RS256"; whoever can verify such a token can forge it',
      [],
    ],
    ['that has expired', () => token({ exp: 1_600_000_000 }), 'exp is 2020-09-13T12:26:40.000Z', []],
    [
      'of another iss',
      () => token({ iss: 'https://else.example.com/' }),
      'iss is "https://else.example.com/", expected is "http://localhost',
      ['ISSUER=https://else.example.com/'],
    ],
    ['of an ID token', () => token({ nonce: SECRET }), 'has nonce, and no mark of an access token', []],
    [
      'of a key that nobody publishes',
      () => issuer.sign({ kid: 'none' }, issuer.claims({ email: SECRET })),
      'the issuer publishes the key "none" (it has 1 that can be used)',
      [],
    ],
    [
      'that is bound, without proof',
      () => token({ cnf: client.confirmation }),
      'cnf has jkt; give the lines "Authorization: DPoP ..." and "DPoP: ..."',
      [],
    ],
    [
      'in the answer of a token endpoint',
      () => JSON.stringify({ access_token: token({}) }),
      'no token alone, which has neither spaces nor quotes; of the answer of a token endpoint it is the value of access_token',
      [],
    ],
  ])('says what is wrong with a token %s, and what to set', async (_title, make, sentence, settings) => {
    const input = make();
    const { code, stdout, stderr } = await explain(input);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const [steps = '', verdict, lines = ''] = stdout.split('\n\n');
    expect(steps.match(/^NO {2}/gm)).toHaveLength(1);
    expect(steps).toContain(sentence);
    expect(verdict).toMatch(/^40[013] \w+$/m);
    expect(lines.trim().split('\n').slice(1)).toEqual(settings);
    for (const secret of [
      SECRET,
      client.confirmation.jkt,
      ...input.split('.').filter((part) => part.length > 20),
    ]) {
      expect(stdout).not.toContain(secret);
    }
  });

  it('knows several issuers by ISSUERS_FILE, and names all of them to a token of nobody known', async () => {
    const several = { ISSUERS_FILE: file };
    expect(await explain(token({}, other), several)).toMatchObject({ code: 0 });
    const { code, stdout } = await explain(token({ iss: 'https://else.example.com/' }), several);
    expect(code).toBe(1);
    expect(stdout).toMatch(/iss is "https:\/\/else.*, expected is "/);
    for (const { url } of [issuer, other]) expect(stdout).toContain(`"${url}"`);
  });

  it.each<[string, Record<string, string>, string]>([
    ['settings', {}, 'ISSUER_BASE_URL is missing'],
    ['usable settings', { TOKEN_ALGORITHMS: 'HS256' }, 'TOKEN_ALGORITHMS must be of RS256'],
  ])('ends with 2 without %s', async (_title, changes, sentence) => {
    const variables = Object.keys(changes).length === 0 ? {} : { ...usual, ...changes };
    const { code, stdout, stderr } = await explain(token({}), variables);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
  });
});

describe('npm run doctor', () => {
  it('ends with 0 where nothing keeps the API from working, and says how to try a token', async () => {
    const { code, stdout, stderr } = await doctor(usual);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`tokens must name ${issuer.url}`);
    expect(stdout).toContain('npm run explain -- GET / < token');
  });

  it('ends with 1 where something does, and prints the line to set', async () => {
    const { code, stdout } = await doctor({ ...usual, ISSUER_BASE_URL: other.url });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^error +keys .*its keys are for ES256\n +TOKEN_ALGORITHMS=ES256$/m);
  });

  it('says the same in JSON, for each of several issuers', async () => {
    const { code, stdout } = await doctor({ ISSUERS_FILE: file }, '--json');
    expect(code).toBe(0);
    const details = (JSON.parse(stdout) as { detail: string }[]).map(({ detail }) => detail);
    for (const { url } of [issuer, other]) {
      expect(details).toContain(`${url}: tokens must name ${url}`);
    }
  });
});
