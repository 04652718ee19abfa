import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import type { ProofRefusalReason } from '../../src/auth/index.js';
import { DpopClient } from '../../src/testing/dpop-client.js';
import { signToken, startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { BoundCaller, expectAccepted, expectRefused, type Forge, SECURED } from '../support/bound-caller.js';
import { startClock, stopClock } from '../support/clock.js';
import { BASE_URL, expectExpenses, expectInvalidProof } from '../support/refusal.js';

// Every proof here is by the key that its token is bound to, and wrong in one way: in its form, header or claims.

let issuer: TestIssuer;
let api: TestApp;
let caller: BoundCaller;

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await createAuthApp(issuer);
  caller = new BoundCaller(issuer, api);
});
afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

/** A good proof but for these claims and parts of the header. */
const withClaims =
  (claims: object, header: object = {}): Forge =>
  (subject, client, jti) =>
    client.proof(subject, { jti, ...claims }, { ...header });
const withHeader = (header: object): Forge => withClaims({}, header);
/** A good proof that is written in another way. */
const rewritten =
  (write: (header: string, claims: string, signature: string) => string): Forge =>
  (subject, client, jti) => {
    const [header = '', claims = '', signature = ''] = client.proof(subject, { jti }).split('.');
    return write(header, claims, signature);
  };
const decoded = (part: string) => Buffer.from(part, 'base64url').toString();
/** Signed by the right key, with a header of any text at all. */
const withHeaderText =
  (write: (header: string) => string): Forge =>
  (subject, client, jti) => {
    const [header = '', claims = ''] = client.proof(subject, { jti }).split('.');
    return signToken(write(decoded(header)), decoded(claims), client.privateKey, 'ES256');
  };
const withClaimsText =
  (write: (claims: string) => string): Forge =>
  (subject, client, jti) => {
    const [header = '', claims = ''] = client.proof(subject, { jti }).split('.');
    return signToken(decoded(header), write(decoded(claims)), client.privateKey, 'ES256');
  };
/** Adds a member behind all others: of two with one name, the last counts. */
const plus = (member: string) => (text: string) => `${text.slice(0, -1)},${member}}`;
const now = () => Math.floor(Date.now() / 1000);
const sha256 = (text: string) => createHash('sha256').update(text);

describe('a proof is good', () => {
  it.each<[string, Forge]>([
    ['as it is', withClaims({})],
    ['of a type in capitals, as media types ignore case', withHeader({ typ: 'DPOP+JWT' })],
    ['of its whole media type', withHeader({ typ: 'application/dpop+jwt' })],
    ['with a kid, which is not looked at', withHeader({ kid: 'another' })],
    ['with claims that we do not know', withClaims({ sub: 'auth0|bob', aud: 'x', iss: 'https://other/' })],
    ['with a parameter of the header that we do not know', withHeader({ 'x-trace': 'a' })],
    ['with a nonce that nobody asked for', withClaims({ nonce: 'of another server' })],
    ['made in a fraction of a second', withClaims({ iat: Date.now() / 1000 })],
    ['for the URL with a query', withClaims({ htu: `${SECURED}?page=2` })],
    ['for the URL with a fragment', withClaims({ htu: `${SECURED}#top` })],
    ['for the URL with the scheme in capitals', withClaims({ htu: SECURED.replace('https', 'HTTPS') })],
    ['for the URL with the host in capitals', withClaims({ htu: SECURED.replace('api', 'API') })],
    ['for the URL with the default port', withClaims({ htu: `${BASE_URL}:443/secured` })],
    ['for the URL with an empty port', withClaims({ htu: `${BASE_URL}:/secured` })],
    ['for the URL with dot segments', withClaims({ htu: `${BASE_URL}/x/.././secured` })],
    ['for the URL with an escaped letter', withClaims({ htu: `${BASE_URL}/%73ecured` })],
    ['with a jti of one letter', withClaims({ jti: 'j' })],
    ['with a jti of 4000 letters', withClaims({ jti: 'j'.repeat(4000) })],
    ['with a jti in any script', withClaims({ jti: '\u0000🔑 __proto__' })],
    ['that will expire', withClaims({ exp: now() + 30 })],
    ['that became good a while ago', withClaims({ nbf: now() - 30 })],
  ])('%s', async (_title, forge) => {
    await expectAccepted(caller, forge);
  });
});

describe('a proof of another form is refused', () => {
  const malformed: [string, Forge][] = [
    ['one part', rewritten((header) => header)],
    ['two parts', rewritten((header, claims) => `${header}.${claims}`)],
    ['four parts', rewritten((...parts) => `${parts.join('.')}.${parts[2]}`)],
    ['five parts, as of an encrypted one', rewritten((...parts) => `${parts.join('.')}.AA.AA`)],
    ['six parts', rewritten((...parts) => `${parts.join('.')}.AA.AA.AA`)],
    ['a dot at its end', rewritten((...parts) => `${parts.join('.')}.`)],
    ['a dot before it', rewritten((...parts) => `.${parts.join('.')}`)],
    ['an empty header', rewritten((_header, claims, signature) => `.${claims}.${signature}`)],
    ['empty claims', rewritten((header, _claims, signature) => `${header}..${signature}`)],
    ['an empty signature', rewritten((header, claims) => `${header}.${claims}.`)],
    ['padding behind the signature', rewritten((...parts) => `${parts.join('.')}==`)],
    ['padding behind the header', rewritten((header, ...others) => [`${header}=`, ...others].join('.'))],
    [
      'a plus sign of the other base64',
      rewritten((...[header, claims, signature]) => `${header}.${claims}.+${signature.slice(1)}`),
    ],
    ['bits behind its signature', rewritten((...parts) => parts.join('.').replace(/.$/, looseEnd))],
    ['a space inside', rewritten((...[header, ...others]) => `${header} .${others.join('.')}`)],
    ['quotes', rewritten((...parts) => `"${parts.join('.')}"`)],
    ['the name of the scheme before it', rewritten((...parts) => `DPoP ${parts.join('.')}`)],
    ['a comma behind it', rewritten((...parts) => `${parts.join('.')},`)],
    ['itself behind a comma', rewritten((...parts) => `${parts.join('.')}, ${parts.join('.')}`)],
    [
      'JSON serialisation',
      rewritten((header, payload, signature) => JSON.stringify({ protected: header, payload, signature })),
    ],
    ['no text at all', () => ''],
    ['9000 letters', withClaims({ padding: 'x'.repeat(6500) })],
    ['64 kB', withClaims({ padding: 'x'.repeat(49_152) })],
    ['a header that is a list', withHeaderText((header) => `[${header}]`)],
    ['a header that is null', withHeaderText(() => 'null')],
    ['a header that is text', withHeaderText((header) => JSON.stringify(header))],
    ['a header with a trailing comma', withHeaderText((header) => header.replace(/\}$/, ',}'))],
    ['a header behind a byte order mark', withHeaderText((header) => `\uFEFF${header}`)],
    ['two headers', withHeaderText((header) => header + header)],
    ['claims that are a list', withClaimsText((claims) => `[${claims}]`)],
    ['claims that are null', withClaimsText(() => 'null')],
    ['claims that are text', withClaimsText((claims) => JSON.stringify(claims))],
    ['claims with a comment', withClaimsText((claims) => `${claims}/**/`)],
  ];
  it.each(malformed)('%s', async (_title, forge) => {
    await expectRefused(caller, forge, 'malformed_proof');
  });

  it('one character more than the longest that is looked at', async () => {
    const subject = { url: SECURED, token: caller.token() };
    const padded = (length: number) => caller.client.proof(subject, { padding: 'x'.repeat(length) });
    const space = Math.floor(((8192 - padded(0).length) * 3) / 4);
    const proofs = [-2, -1, 0, 1, 2, 3].map((more) => padded(space + more));
    const longest = proofs.findLast(({ length }) => length <= 8192)!;
    const tooLong = proofs.find(({ length }) => length > 8192)!;
    expect(longest.length).toBeGreaterThan(8189);
    expect(tooLong.length).toBeLessThan(8196);
    expectExpenses(await caller.send(subject.token, longest));
    expectInvalidProof(await caller.send(subject.token, tooLong), 'malformed_proof');
  });

  it('any other letter anywhere', async () => {
    const token = caller.token();
    const proof = caller.client.proof({ url: SECURED, token });
    await fc.assert(
      fc.asyncProperty(fc.nat(proof.length - 1), fc.stringMatching(/^[\w.=~-]$/), async (at, letter) => {
        fc.pre(letter !== proof[at]);
        const answer = await caller.send(token, proof.slice(0, at) + letter + proof.slice(at + 1));
        expect(answer.statusCode).toBe(401);
      }),
      { numRuns: 150 },
    );
    expectExpenses(await caller.send(token, proof));
  });
});

/** Sets a bit of the last letter that stands for nothing (64 bytes leave four of them). */
function looseEnd(letter: string): string {
  return { A: 'B', Q: 'R', g: 'h', w: 'x' }[letter] as string;
}

describe('a header of another kind is refused', () => {
  it.each<[string, object, ProofRefusalReason]>([
    ['of no type', { typ: undefined }, 'wrong_proof_type'],
    ['of the type JWT', { typ: 'JWT' }, 'wrong_proof_type'],
    ['of the type of an access token', { typ: 'at+jwt' }, 'wrong_proof_type'],
    ['of the type of a logout token', { typ: 'logout+jwt' }, 'wrong_proof_type'],
    ['of a part of the type', { typ: 'dpop' }, 'wrong_proof_type'],
    ['of the type with a space behind it', { typ: 'dpop+jwt ' }, 'wrong_proof_type'],
    ['of the type with a parameter', { typ: 'dpop+jwt;v=1' }, 'wrong_proof_type'],
    ['of another media type', { typ: 'text/dpop+jwt' }, 'wrong_proof_type'],
    ['of the type with a dotless i', { typ: 'appl\u0131cation/dpop+jwt' }, 'wrong_proof_type'],
    ['of an empty type', { typ: '' }, 'wrong_proof_type'],
    ['of a type that is null', { typ: null }, 'wrong_proof_type'],
    ['of a type that is a number', { typ: 1 }, 'wrong_proof_type'],
    ['of a list of types', { typ: ['dpop+jwt'] }, 'wrong_proof_type'],
    ['with a critical extension', { crit: ['exp'], exp: 1 }, 'unsupported_proof_header'],
    ['with an empty list of critical extensions', { crit: [] }, 'unsupported_proof_header'],
    ['with critical extensions that are null', { crit: null }, 'unsupported_proof_header'],
    ['with an unencoded payload', { b64: false, crit: ['b64'] }, 'unsupported_proof_header'],
    ['with b64 alone', { b64: true }, 'unsupported_proof_header'],
    ['with a nested token', { cty: 'JWT' }, 'unsupported_proof_header'],
    ['with a compressed payload', { zip: 'DEF' }, 'unsupported_proof_header'],
    ['with content encryption', { enc: 'A256GCM' }, 'unsupported_proof_header'],
  ])('%s', async (_title, header, reason) => {
    await expectRefused(caller, withHeader(header), reason);
  });
});

describe('members that come twice count by their last value, and no inherited one counts', () => {
  it.each<[string, Forge, ProofRefusalReason]>([
    ['the algorithm', withHeaderText(plus('"alg":"none"')), 'unsupported_proof_algorithm'],
    ['the type', withHeaderText(plus('"typ":"JWT"')), 'wrong_proof_type'],
    ['the key', withHeaderText(plus('"jwk":null')), 'unusable_proof_key'],
    [
      'the key, with a secret in its second',
      withHeaderText((header) => plus(`"jwk":{"kty":"oct","k":"AA"}`)(header)),
      'private_proof_key',
    ],
    [
      'a name with escapes',
      withHeaderText(plus(String.raw`"\u0063rit":["exp"]`)),
      'unsupported_proof_header',
    ],
    [
      'a type by __proto__',
      withHeaderText((header) => header.replace('"typ"', '"__proto__":{"typ":"dpop+jwt"},"x"')),
      'wrong_proof_type',
    ],
    ['the method', withClaimsText(plus('"htm":"POST"')), 'wrong_proof_method'],
    ['the URL', withClaimsText(plus('"htu":"https://other.example.com/secured"')), 'wrong_proof_uri'],
    ['the time', withClaimsText(plus('"iat":1')), 'proof_too_old'],
    ['the hash', withClaimsText(plus('"ath":"AAAA"')), 'wrong_proof_token'],
    [
      'an id by __proto__',
      withClaimsText((claims) => claims.replace('"jti"', '"__proto__":{"jti":"x"},"y"')),
      'missing_proof_claim',
    ],
  ])('%s', async (_title, forge, reason) => {
    await expectRefused(caller, forge, reason);
  });
});

describe('a claim that is missing or of another type is refused', () => {
  const names = ['jti', 'htm', 'htu', 'iat', 'ath'] as const;
  it.each(names)('no %s', async (name) => {
    await expectRefused(caller, withClaims({ [name]: undefined }), 'missing_proof_claim');
  });

  const texts = ['jti', 'htm', 'htu', 'ath', 'nonce'];
  const others: [string, unknown][] = [
    ['null', null],
    ['empty', ''],
    ['a number', 7],
    ['true', true],
    ['a list', ['x']],
    ['an object', { toString: 'x' }],
  ];
  it.each(texts.flatMap((name) => others.map(([kind, value]) => [name, kind, value] as const)))(
    '%s that is %s',
    async (name, _kind, value) => {
      await expectRefused(caller, withClaims({ [name]: value }), 'invalid_proof_claim');
    },
  );

  const times = ['iat', 'exp', 'nbf'];
  const notTimes = others.filter(([kind]) => kind !== 'a number').concat([['text', String(now())]]);
  it.each(times.flatMap((name) => notTimes.map(([kind, value]) => [name, kind, value] as const)))(
    '%s that is %s',
    async (name, _kind, value) => {
      await expectRefused(caller, withClaims({ [name]: value }), 'invalid_proof_claim');
    },
  );

  it.each(times)('%s that no number can hold', async (name) => {
    await expectRefused(caller, withClaimsText(plus(`"${name}":1e999`)), 'invalid_proof_claim');
  });
});

describe('a proof for something else is refused', () => {
  it.each<[string, object, ProofRefusalReason]>([
    ['another method', { htm: 'POST' }, 'wrong_proof_method'],
    ['HEAD, which is not GET', { htm: 'HEAD' }, 'wrong_proof_method'],
    ['the method in lower case', { htm: 'get' }, 'wrong_proof_method'],
    ['the method with a space before it', { htm: ' GET' }, 'wrong_proof_method'],
    ['the method with a space behind it', { htm: 'GET ' }, 'wrong_proof_method'],
    ['any method', { htm: '*' }, 'wrong_proof_method'],
    ['two methods', { htm: 'GET,POST' }, 'wrong_proof_method'],
    ['another path', { htu: `${BASE_URL}/secured/both` }, 'wrong_proof_uri'],
    ['the beginning of the path', { htu: `${BASE_URL}/secure` }, 'wrong_proof_uri'],
    ['the path in capitals', { htu: `${BASE_URL}/SECURED` }, 'wrong_proof_uri'],
    ['the path with a slash behind it', { htu: `${SECURED}/` }, 'wrong_proof_uri'],
    ['the path with two slashes', { htu: `${BASE_URL}//secured` }, 'wrong_proof_uri'],
    ['the path with an escaped slash', { htu: `${BASE_URL}/%2Fsecured` }, 'wrong_proof_uri'],
    ['the path with an escaped slash behind it', { htu: `${SECURED}%2F` }, 'wrong_proof_uri'],
    ['the path with a letter that is escaped twice', { htu: `${BASE_URL}/%2573ecured` }, 'wrong_proof_uri'],
    ['the path with a broken escape', { htu: `${SECURED}%7` }, 'wrong_proof_uri'],
    ['the path with a parameter', { htu: `${SECURED};v=1` }, 'wrong_proof_uri'],
    ['the path with a NUL', { htu: `${SECURED}\u0000` }, 'wrong_proof_uri'],
    ['the path with a line break', { htu: `${SECURED}\n` }, 'wrong_proof_uri'],
    ['the root', { htu: BASE_URL }, 'wrong_proof_uri'],
    ['another host', { htu: 'https://other.example.com/secured' }, 'wrong_proof_uri'],
    ['a host below ours', { htu: 'https://api.example.com.evil.test/secured' }, 'wrong_proof_uri'],
    ['our host with a dot behind it', { htu: 'https://api.example.com./secured' }, 'wrong_proof_uri'],
    ['a host that looks like ours', { htu: 'https://\u0430pi.example.com/secured' }, 'wrong_proof_uri'],
    ['a user at our host', { htu: 'https://alice@api.example.com/secured' }, 'wrong_proof_uri'],
    ['our host as a user', { htu: 'https://api.example.com@evil.test/secured' }, 'wrong_proof_uri'],
    ['another port', { htu: `${BASE_URL}:8443/secured` }, 'wrong_proof_uri'],
    ['port 80', { htu: `${BASE_URL}:80/secured` }, 'wrong_proof_uri'],
    ['http', { htu: SECURED.replace('https', 'http') }, 'wrong_proof_uri'],
    ['no scheme', { htu: SECURED.replace('https:', '') }, 'wrong_proof_uri'],
    ['the path alone', { htu: '/secured' }, 'wrong_proof_uri'],
    ['the URL with backslashes', { htu: SECURED.replaceAll('/', '\\') }, 'wrong_proof_uri'],
    ['the URL behind a space', { htu: ` ${SECURED}` }, 'wrong_proof_uri'],
    ['no URL', { htu: 'here' }, 'wrong_proof_uri'],
  ])('%s', async (_title, claims, reason) => {
    await expectRefused(caller, withClaims(claims), reason);
  });

  it.each<[string, (token: string) => string]>([
    ['another token', () => sha256('another').digest('base64url')],
    ['no token', () => sha256('').digest('base64url')],
    ['the token in hexadecimal', (token) => sha256(token).digest('hex')],
    ['the token with padding', (token) => `${sha256(token).digest('base64url')}=`],
    ['the token in lower case', (token) => sha256(token).digest('base64url').toLowerCase()],
    ['the token, cut off', (token) => sha256(token).digest('base64url').slice(0, -1)],
    ['the token by SHA-512', (token) => createHash('sha512').update(token).digest('base64url')],
    ['the token and its scheme', (token) => sha256(`DPoP ${token}`).digest('base64url')],
    ['the token itself, without a hash', (token) => token],
  ])('the hash of %s', async (_title, hashOf) => {
    await expectRefused(
      caller,
      (subject, client, jti) => client.proof(subject, { jti, ath: hashOf(subject.token) }),
      'wrong_proof_token',
    );
  });
});

describe('the time of a proof, with 60 s of life and 10 s of forgiven clock difference', () => {
  const NOW = 1_800_000_000;
  beforeEach(() => stopClock(NOW * 1000));
  afterEach(startClock);

  it.each<[string, object]>([
    ['is 69 s ago', { iat: NOW - 69 }],
    ['is 10 s ahead', { iat: NOW + 10 }],
    ['is now, and its end was 9 s ago', { exp: NOW - 9 }],
    ['is now, and its beginning is in 10 s', { nbf: NOW + 10 }],
  ])('%s: good', async (_title, claims) => {
    await expectAccepted(caller, withClaims(claims));
  });

  it.each<[string, object, ProofRefusalReason]>([
    ['is 70 s ago', { iat: NOW - 70 }, 'proof_too_old'],
    ['is 0', { iat: 0 }, 'proof_too_old'],
    ['is before 1970', { iat: -NOW }, 'proof_too_old'],
    ['is 11 s ahead', { iat: NOW + 11 }, 'proof_from_future'],
    ['is in milliseconds', { iat: NOW * 1000 }, 'proof_from_future'],
    ['is 70 s ago, whatever end the client wishes', { iat: NOW - 70, exp: NOW + 3600 }, 'proof_too_old'],
    ['is now, and its end was 10 s ago', { exp: NOW - 10 }, 'proof_too_old'],
    ['is now, and its beginning is in 11 s', { nbf: NOW + 11 }, 'proof_from_future'],
  ])('%s: refused', async (_title, claims, reason) => {
    await expectRefused(caller, withClaims(claims), reason);
  });
});

describe('a proof that was used', () => {
  it.each<[string, Forge]>([
    ['the very same', (subject, client, jti) => client.proof(subject, { jti })],
    ['another of the same id', (subject, client, jti) => client.proof(subject, { jti, iat: now() - 5 })],
    [
      'another of the same id, written with escapes',
      (subject, client, jti) =>
        withClaimsText((claims) => claims.replace(jti, jti.replaceAll('-', String.raw`\u002d`)))(
          subject,
          client,
          jti,
        ),
    ],
    [
      'the other signature of ECDSA for the same content',
      (subject, client, jti) => otherSignature(client.proof(subject, { jti })),
    ],
  ])('is refused as %s', async (_title, forge) => {
    const token = caller.token();
    const subject = { url: SECURED, token };
    const jti = crypto.randomUUID();
    expectExpenses(await caller.send(token, forge(subject, caller.client, jti)));
    expectInvalidProof(await caller.send(token, forge(subject, caller.client, jti)), 'replayed_proof');
    expectInvalidProof(await caller.send(token, caller.client.proof(subject, { jti })), 'replayed_proof');
  });

  it('is used for every token of its key, and for no other key', async () => {
    const other = new BoundCaller(issuer, api);
    const jti = crypto.randomUUID();
    for (const [one, isGood] of [
      [caller, true],
      [other, true],
      [caller, false],
      [other, false],
    ] as const) {
      const token = one.token();
      const answer = await one.send(token, one.client.proof({ url: SECURED, token }, { jti }));
      if (isGood) expectExpenses(answer);
      else expectInvalidProof(answer, 'replayed_proof');
    }
  });

  it.each([
    ['in another case', (jti: string) => jti.toUpperCase()],
    ['with a space behind it', (jti: string) => `${jti} `],
    ['with a NUL behind it', (jti: string) => `${jti}\u0000`],
  ])('is another than one whose id is the same %s', async (_title, change) => {
    const token = caller.token();
    const jti = `a${crypto.randomUUID()}`;
    for (const id of [jti, change(jti)]) {
      expectExpenses(await caller.send(token, caller.client.proof({ url: SECURED, token }, { jti: id })));
    }
  });

  it('once of ten that arrive together is let in', async () => {
    const token = caller.token();
    const dpop = caller.client.proof({ url: SECURED, token });
    const answers = await Promise.all(Array.from({ length: 10 }, () => caller.send(token, dpop)));
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
  });
});

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Whoever sees a signature (r, s) of ECDSA can write a second one that verifies as well: (r, -s). */
function otherSignature(proof: string): string {
  const [header, claims, signature = ''] = proof.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = ORDER - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const other = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  return `${header}.${claims}.${other.toString('base64url')}`;
}

it('what RFC 9449 wants of a proof is asked of those by every kind of key', async () => {
  for (const alg of ['EdDSA', 'PS256', 'RS256'] as const) {
    const other = new BoundCaller(issuer, api, new DpopClient(alg));
    await expectRefused(other, withClaims({ htm: 'POST' }), 'wrong_proof_method');
  }
});
