import { createSecretKey } from 'node:crypto';
import type { AccessRules, Route } from '../../src/auth/index.js';
import { explain, type Explanation } from '../../src/cli/explain/explain.js';
import { findRoute } from '../../src/cli/explain/find-route.js';
import { readAccess } from '../../src/cli/read-access.js';
import { parseEnvironment } from '../../src/config/environment.js';
import { signToken, startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { issuerBlocks } from '../support/issuer-blocks.js';
import { issuerShapes } from '../support/issuer-shapes.js';
import { IssuerStandIn } from '../support/issuer-stand-in.js';

type Variables = Readonly<Record<string, string>>;

let rules: AccessRules;
let reports: Route;
let issuer: TestIssuer;

beforeAll(async () => {
  rules = await readAccess();
  reports = findRoute(rules.routes, 'GET', '/')!;
  issuer = await startTestIssuer();
});
afterAll(() => issuer?.close());

const usual = (): Variables => ({ ISSUER_BASE_URL: issuer.url, ALLOWED_AUDIENCES: 'https://expenses-api' });

/** What is said of a token with these settings and no others. */
function explained(token: string, variables: Variables, route = reports): Promise<Explanation> {
  const { ISSUERS } = parseEnvironment(variables);
  return explain({ route, token }, { rules, options: { issuers: ISSUERS } });
}

const toVariables = (lines: readonly string[]) =>
  Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

describe.each(issuerBlocks)('explain, of the tokens of $name', (block) => {
  const shape = issuerShapes[block.name]!;
  const kinds = Object.keys(shape.tokens);
  let standIn: IssuerStandIn;
  let route: Route;

  beforeAll(async () => {
    standIn = await IssuerStandIn.start(block, shape);
    route = shape.route ? rules.routes.find(({ rule }) => rule.kind === 'authenticated')! : reports;
  });
  afterAll(() => standIn?.close());

  const tokenOf = (kind: string) => standIn.claims(shape.tokens[kind]!(standIn.names));
  const bare = (): Variables => ({
    ISSUER_BASE_URL: standIn.variables.ISSUER_BASE_URL!,
    ALLOWED_AUDIENCES: standIn.variables.ALLOWED_AUDIENCES!,
  });

  it.each(kinds)('finds the one of a %s good with the settings of the block', async (kind) => {
    const explanation = await explained(standIn.sign(tokenOf(kind)), standIn.variables, route);
    expect(explanation).toMatchObject({ accepted: true, verdict: 'accepted' });
    expect(explanation.settings).toBeUndefined();
  });

  it.each(kinds)('names the settings that the one of a %s lacks, and with them it is good', async (kind) => {
    const token = standIn.sign(tokenOf(kind));
    const { accepted, settings = [] } = await explained(token, bare(), route);
    expect(settings.length > 0).toBe(!accepted);
    const again = await explained(token, { ...bare(), ...toVariables(settings) }, route);
    expect(again.verdict).toBe('accepted');
  });

  it.each(kinds)('names no setting for the one of a %s that somebody else has signed', async (kind) => {
    const { accepted, settings } = await explained(standIn.forge(tokenOf(kind)), bare(), route);
    expect({ accepted, settings }).toStrictEqual({ accepted: false, settings: undefined });
  });
});

describe('explain', () => {
  const failed = async (token: string, variables: Variables = {}) => {
    const { steps, settings } = await explained(token, { ...usual(), ...variables });
    return { text: steps.find(({ passed }) => !passed)!.text, settings };
  };
  const withClaims = (claims: object, variables?: Variables) =>
    failed(issuer.tokenFor({ scopes: ['read:reports'], ...claims }), variables);

  it.each<[string, object, Variables, string]>([
    [
      'no audience',
      { aud: undefined, azp: undefined },
      {},
      'lacks aud, no audience was asked for or registered',
    ],
    [
      'a client in place of an audience',
      { aud: undefined, azp: undefined, client_id: 'web' },
      {},
      'lacks aud, has client_id: AUDIENCE_CLAIM',
    ],
    ['no subject', { sub: undefined }, {}, 'lacks sub, has azp: SUBJECT_CLAIM'],
    ['neither issuer nor end', { iss: undefined, exp: undefined }, {}, 'lacks iss, exp'],
    [
      'less than RFC 9068 wants',
      { jti: undefined },
      { TOKEN_PROFILE: 'rfc9068' },
      'typ is "JWT", expected is "at+jwt", by TOKEN_PROFILE=rfc9068',
    ],
    ['an empty list of audiences', { aud: [] }, {}, 'aud is []: no audience was asked for or registered'],
    ['an empty subject', { sub: '' }, {}, 'sub is empty, expected is text'],
    ['times as text', { exp: '1', nbf: null }, {}, 'exp is text, nbf is null, expected is a number'],
    ['a nonce', { nonce: 'n' }, {}, 'has nonce, and no mark of an access token: an ID or logout token'],
    ['the mark of an ID token', { typ: 'ID' }, {}, 'typ is "ID", expected is "Bearer"'],
    ['the use of an ID token', { token_use: 'id' }, {}, 'token_use is another than "access": an ID token'],
    ['a certificate', { cnf: { 'x5t#S256': 'x' } }, {}, 'cnf has "x5t#S256", expected is '],
    ['a secret as the name of a binding', { cnf: { secret: 'x' } }, {}, 'cnf is an object, expected is '],
    [
      'the issuer alone as audience',
      { aud: 'https://tenant.example.com/userinfo' },
      {},
      'it is for the issuer alone, since no audience was asked for',
    ],
    ['the client as audience', { aud: 'expenses-web' }, {}, 'it is the client, as in ID tokens'],
    [
      'a claim of the wrong value',
      { tid: 'theirs' },
      { REQUIRED_CLAIMS: 'tid=ours,org' },
      'tid is text, expected is "ours", it lacks org',
    ],
  ])('says of a token with %s what is there, and what should be', async (_title, claims, variables, text) => {
    const found = await withClaims(claims, variables);
    expect(found.text).toContain(text);
    expect(found.text).not.toContain('theirs');
  });

  it.each<[string, object, string]>([
    ['no scope', { scope: undefined }, 'it grants: nothing; scope is absent, scp is absent'],
    ['a scope of numbers', { scope: [1] }, 'it grants: nothing; scope is a list'],
    ['a scope that is an object', { scope: {} }, 'it grants: nothing; scope is an object'],
    [
      'an scp that is null',
      { scope: undefined, scp: null },
      'it grants: nothing; scope is absent, scp is null',
    ],
  ])('says what there is of the scope of a token with %s', async (_title, claims, text) => {
    expect((await withClaims(claims)).text).toContain(text);
  });

  it('says why neither a prefix nor a claim of permissions grants anything', async () => {
    const variables = {
      SCOPE_PREFIX: 'api/',
      GRANTS_FROM: 'scope_or_permissions',
      PERMISSIONS_CLAIM: 'roles',
    };
    const { text } = await withClaims({ roles: 7 }, variables);
    expect(text).toContain('scope is text, roles is a number, and no scope begins with api/');
  });

  it.each<[string, () => string, string]>([
    ['opaque', () => 'gho_16C7e42F292c6912E7710c838347Ae178B4a', 'it has 1 part and not 3: it is opaque'],
    ['of two parts', () => 'e30.e30', 'it has 2 parts and not 3'],
    ['of four parts', () => 'e30.e30.e30.e30', 'it has 4 parts and not 3'],
    ['of six parts', () => 'e30.e30.e30.e30.e30.e30', 'it has 6 parts and not 3'],
    ['of an empty part', () => 'e30..AAAA', 'one of its 3 parts is empty'],
    [
      'what Auth0 issues without audience',
      () =>
        `${Buffer.from('{"alg":"dir","enc":"A256GCM","iss":"https://t.eu.auth0.com/"}').toString('base64url')}..AAAA.AAAA.AAAA`,
      'it is encrypted (alg is "dir", iss is "https://t.eu.auth0.com/"), and only its recipient can read it. Auth0 issues such a token when no audience was asked for',
    ],
    ['encrypted with a header of nothing', () => '.AAAA.AAAA.AAAA.AAAA', 'it has 5 parts: it is encrypted'],
    [
      'signed with a secret',
      () => signToken({ alg: 'HS256' }, issuer.claims(), createSecretKey(Buffer.alloc(32))),
      'whoever can verify such a token can forge it',
    ],
    [
      'of a name of a key that is none',
      () => issuer.sign({ kid: 7 }, issuer.claims()),
      'kid is a number, expected is text',
    ],
    ['of a header that is not supported', () => issuer.sign({ crit: ['x'] }, issuer.claims()), 'it has crit'],
  ])('says of a token that is %s what it is', async (_title, token, text) => {
    const found = await failed(token());
    expect(found.text).toContain(text);
    expect(found.settings).toBeUndefined();
  });

  it('says that a token does not fit into the headers of a request', async () => {
    const token = issuer.tokenFor({ scopes: ['read:reports'], x: 'x'.repeat(13_000) });
    const explanation = await explained(token, usual());
    expect(explanation.verdict).toBe('431 headers_too_large');
    expect(explanation.steps.at(-1)!.text).toContain('the token fits into the 16384 bytes of all headers');
  });

  it('holds a token against the rules of its own issuer, of several', async () => {
    const other = await startTestIssuer({ algorithm: 'ES256' });
    try {
      const issuers = [
        { issuerBaseUrl: issuer.url, audiences: ['https://expenses-api'] },
        { issuerBaseUrl: other.url, audiences: ['https://expenses-api'], algorithms: ['ES256'] },
      ] as const;
      const setup = { rules, options: { issuers } };
      const token = other.tokenFor({ scopes: ['read:reports'] });
      expect(await explain({ route: reports, token }, setup)).toMatchObject({ accepted: true });
      const late = other.tokenFor({ exp: 1_600_000_000 });
      const { steps } = await explain({ route: reports, token: late }, setup);
      expect(steps.at(-1)!.text).toContain('exp is 2020-');
      const bySubject = other.tokenFor({ sub: undefined, client_id: 'x', scopes: ['read:reports'] });
      const { settings } = await explain({ route: reports, token: bySubject }, setup);
      expect(settings).toStrictEqual(['SUBJECT_CLAIM=sub,client_id']);
      // Whose other name it is cannot be told, though the first of them has signed it.
      const nameless = issuer.tokenFor({ iss: 'https://b.example.com/', scopes: ['read:reports'] });
      expect((await explain({ route: reports, token: nameless }, setup)).settings).toBeUndefined();
    } finally {
      await other.close();
    }
  });

  it.each<[string, object]>([
    ['for another client', { aud: 'expenses-web' }],
    ['for the issuer', { aud: 'https://t.example.com/userinfo' }],
    ['without a permission', { scope: 'openid' }],
    ['for an audience that no line can hold', { aud: 'https://expenses-api\nDPOP=off' }],
    ['expired', { exp: 1_600_000_000 }],
    ['an ID token', { nonce: 'n' }],
    ['with roles that its user wrote', { scope: 'openid', user_metadata: { roles: ['read:reports'] } }],
  ])('names no setting for a genuine token that is %s', async (_title, claims) => {
    expect((await withClaims(claims)).settings).toBeUndefined();
  });

  it.each<[string, Readonly<Record<string, unknown>>, object, Variables, readonly string[]]>([
    [
      'of a plain type where RFC 9068 is demanded',
      {},
      {},
      { TOKEN_PROFILE: 'rfc9068' },
      ['TOKEN_PROFILE=jwt'],
    ],
    [
      'without the client that RFC 9068 demands',
      { typ: 'at+jwt' },
      {},
      { TOKEN_PROFILE: 'rfc9068' },
      ['TOKEN_PROFILE=jwt'],
    ],
    [
      'of another name than those that are set',
      {},
      { iss: 'https://b.example.com/' },
      { ISSUER: 'https://a.example.com' },
      ['ISSUER=https://a.example.com,https://b.example.com/'],
    ],
    [
      'for another audience, behind the client and the issuer',
      {},
      { aud: ['expenses-web', 'https://t.example.com/userinfo', 'https://other-api'] },
      {},
      ['ALLOWED_AUDIENCES=https://expenses-api,https://other-api'],
    ],
    [
      'for the audience by another claim',
      {},
      { aud: undefined, azp: undefined, appid: 'https://expenses-api' },
      {},
      ['AUDIENCE_CLAIM=appid'],
    ],
    [
      'of a client that is another, whose id is not repeated',
      {},
      { aud: undefined, azp: undefined, client_id: 'web' },
      { AUDIENCE_CLAIM: 'client_id' },
      ['ALLOWED_AUDIENCES=https://expenses-api,CLIENT-ID'],
    ],
    ['of a user by oid', {}, { sub: undefined, oid: 'u', upn: 'v' }, {}, ['SUBJECT_CLAIM=sub,oid']],
    ['of a user by upn', {}, { sub: undefined, oid: 7, upn: 'v' }, {}, ['SUBJECT_CLAIM=sub,upn']],
    ['of a client', {}, { sub: undefined, oid: '' }, {}, ['SUBJECT_CLAIM=sub,azp']],
    ['of a prefixed scp', {}, { scope: undefined, scp: 'api/read:reports' }, {}, ['SCOPE_PREFIX=api/']],
    [
      'of permissions three members deep',
      {},
      { scope: 'openid', a: { b: { c: ['read:reports'] } } },
      {},
      ['GRANTS_FROM=scope_or_permissions', 'PERMISSIONS_CLAIM=a.b.c'],
    ],
    [
      'of permissions that are called scope elsewhere',
      {},
      { scope: 'openid', a: { scope: ['read:reports'] } },
      {},
      ['GRANTS_FROM=scope_or_permissions', 'PERMISSIONS_CLAIM=a.scope'],
    ],
  ])('names what is missing for a genuine token %s', async (_title, header, claims, variables, lines) => {
    const all = issuer.claims({ scopes: ['read:reports'], ...claims });
    const token = issuer.sign(header, all);
    const present = { ...usual(), ...variables };
    const { settings } = await explained(token, present);
    expect(settings).toStrictEqual(lines);
    // The id of a client is for its operator to fill in.
    const filled = toVariables(lines.map((line) => line.replace('CLIENT-ID', String(all.client_id))));
    expect(await explained(token, { ...present, ...filled })).toMatchObject({ verdict: 'accepted' });
  });

  it.each<[string, object, Variables]>([
    [
      'permissions deeper than four members',
      { scope: 'openid', a: { b: { c: { d: ['read:reports'] } } } },
      {},
    ],
    [
      'a role, where scope and permissions are both demanded',
      { scope: 'openid', roles: ['read:reports'] },
      { GRANTS_FROM: 'scope_and_permissions', PERMISSIONS_CLAIM: 'roles' },
    ],
    ['neither subject nor end', { sub: undefined, exp: undefined }, {}],
    ['words in scp beside its scope', { scope: 'openid', scp: ['read:reports'] }, {}],
    ['an object for its scope', { scope: { roles: ['read:reports'] } }, {}],
    ['a list of objects', { scope: 'openid', roles: [{ names: ['read:reports'] }] }, {}],
  ])('names no setting for a genuine token of %s', async (_title, claims, variables) => {
    expect((await withClaims(claims, variables)).settings).toBeUndefined();
  });

  it('names every setting that a token lacks, and keeps what is set beside', async () => {
    const strange = await startTestIssuer({ algorithm: 'ES256' });
    try {
      const token = strange.tokenFor({
        iss: 'https://b.example.com/',
        aud: undefined,
        azp: undefined,
        client_id: 'web',
        sub: undefined,
        scope: 'api/read:reports',
      });
      const { settings } = await explained(token, {
        ...usual(),
        ISSUER_BASE_URL: strange.url,
        ISSUER: 'https://a.example.com',
        TOKEN_ALGORITHMS: 'RS256',
        TOKEN_PROFILE: 'rfc9068',
      });
      expect(settings?.toSorted()).toStrictEqual([
        'ALLOWED_AUDIENCES=https://expenses-api,CLIENT-ID',
        'AUDIENCE_CLAIM=client_id',
        'ISSUER=https://a.example.com,https://b.example.com/',
        'SCOPE_PREFIX=api/',
        'SUBJECT_CLAIM=sub,client_id',
        'TOKEN_ALGORITHMS=RS256,ES256',
        'TOKEN_PROFILE=jwt',
      ]);
      const { settings: onlyAlgorithm } = await explained(strange.tokenFor({ scopes: ['read:reports'] }), {
        ...usual(),
        ISSUER_BASE_URL: strange.url,
      });
      expect(onlyAlgorithm).toStrictEqual(['TOKEN_ALGORITHMS=ES256']);
    } finally {
      await strange.close();
    }
  });

  it('names the order of algorithms when a key without one serves another', async () => {
    const { n, e } = issuer.signingKey.publicKey.export({ format: 'jwk' });
    const plain = await startTestIssuer({ algorithm: 'ES256' });
    try {
      plain.additionalKeys.push({ kty: 'RSA', n, e, kid: 'plain' });
      const token = plain.sign(
        { alg: 'PS256', kid: 'plain' },
        plain.claims({ scopes: ['read:reports'] }),
        issuer.signingKey.privateKey,
      );
      const variables = { ...usual(), ISSUER_BASE_URL: plain.url, TOKEN_ALGORITHMS: 'RS256,PS256' };
      const { settings, steps } = await explained(token, variables);
      expect(steps.at(-1)!.text).toContain('its key serves the algorithm of the token: alg is "PS256"');
      expect(settings).toStrictEqual(['TOKEN_ALGORITHMS=PS256,RS256']);
    } finally {
      await plain.close();
    }
  });

  it('repeats no value of a claim but the compared ones', async () => {
    const secret = 'a-value-of-nobodys-business';
    for (const claims of [
      { sub: undefined, client_id: secret },
      { aud: undefined, azp: secret },
      { nonce: secret },
      { token_use: secret },
      { cnf: { x: secret } },
      { scope: 'openid', roles: { 'read:reports': secret } },
      { roles: secret, scope: 1 },
    ]) {
      const explanation = await explained(issuer.tokenFor(claims), {
        ...usual(),
        REQUIRED_CLAIMS: 'roles=x',
      });
      expect(JSON.stringify(explanation)).not.toContain(secret);
    }
  });
});
