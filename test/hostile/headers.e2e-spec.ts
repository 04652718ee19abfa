import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { RefusalReason } from '../../src/auth/index.js';
import {
  type SigningKey,
  startTestIssuer,
  type TestApp,
  type TestIssuer,
  toJwk,
} from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { expectExpenses, expectInvalidToken } from '../support/refusal.js';

let issuer: TestIssuer;
let stranger: TestIssuer;
let api: TestApp;

beforeAll(async () => {
  [issuer, stranger] = await Promise.all([startTestIssuer(), startTestIssuer()]);
  api = await createAuthApp(issuer);
});

afterAll(async () => {
  await api?.close();
  await Promise.all([issuer?.close(), stranger?.close()]);
});

const send = (token: string) => api.get('/secured', token);
const claims = () => issuer.claims({ scopes: ['read:reports'] });
/** A token whose signature is genuine, whatever its header says. */
const signed = (header: Record<string, unknown> | string) => issuer.sign(header, claims());
const text = (members: string) =>
  `{"alg":"RS256","typ":"JWT","kid":"${issuer.signingKey.kid}"${members && `,${members}`}}`;

describe('a genuine header', () => {
  it.each([
    ['of type JWT', { typ: 'JWT' }],
    ['of type jwt, as media types ignore case', { typ: 'jwt' }],
    ['of type at+jwt', { typ: 'at+jwt' }],
    ['of type AT+JWT', { typ: 'AT+JWT' }],
    ['of type application/at+jwt', { typ: 'application/at+jwt' }],
    ['of no type', { typ: undefined }],
    ['without kid', { kid: undefined }],
    ['with a parameter that we do not know', { 'x-trace': 'a' }],
  ])('is accepted: %s', async (_title, header) => {
    expectExpenses(await send(signed(header)));
  });
});

describe('a header of another kind is refused', () => {
  it.each<[string, Record<string, unknown>, RefusalReason]>([
    ['of the type of an ID token', { typ: 'id_token+jwt' }, 'unsupported_type'],
    ['of the type of a logout token', { typ: 'logout+jwt' }, 'unsupported_type'],
    ['of the type of a security event', { typ: 'secevent+jwt' }, 'unsupported_type'],
    ['of the type of a DPoP proof', { typ: 'dpop+jwt' }, 'unsupported_type'],
    ['of the type of an introspection answer', { typ: 'token-introspection+jwt' }, 'unsupported_type'],
    ['of a type that starts like ours', { typ: 'at+jwt+x' }, 'unsupported_type'],
    ['of a type that ends like ours', { typ: 'x/at+jwt' }, 'unsupported_type'],
    ['of a type with a space behind it', { typ: 'at+jwt ' }, 'unsupported_type'],
    ['of a type with a Kelvin sign', { typ: 'jwt\u212a' }, 'unsupported_type'],
    ['of an empty type', { typ: '' }, 'unsupported_type'],
    ['of a null type', { typ: null }, 'unsupported_type'],
    ['of a numeric type', { typ: 1 }, 'unsupported_type'],
    ['of a list of types', { typ: ['at+jwt'] }, 'unsupported_type'],
    ['with a critical extension', { crit: ['exp'], exp: 1 }, 'unsupported_header'],
    ['with an empty list of critical extensions', { crit: [] }, 'unsupported_header'],
    ['with critical extensions that are null', { crit: null }, 'unsupported_header'],
    ['with critical extensions as text', { crit: 'b64' }, 'unsupported_header'],
    ['with an unencoded payload', { b64: false, crit: ['b64'] }, 'unsupported_header'],
    ['with b64 alone', { b64: true }, 'unsupported_header'],
    ['with a nested token', { cty: 'JWT' }, 'unsupported_header'],
    ['with a compressed payload', { zip: 'DEF' }, 'unsupported_header'],
    ['with content encryption', { enc: 'A256GCM' }, 'unsupported_header'],
    ['with a numeric kid', { kid: 7 }, 'malformed_token'],
    ['with a kid that is an object', { kid: { toString: 'a' } }, 'malformed_token'],
    ['with a list of kids', { kid: ['a'] }, 'malformed_token'],
    ['with a null kid', { kid: null }, 'malformed_token'],
    ['with an empty kid', { kid: '' }, 'malformed_token'],
  ])('%s', async (_title, header, reason) => {
    expectInvalidToken(await send(signed(header)), reason);
  });
});

describe("a kid that names none of the issuer's keys is refused", () => {
  it.each([
    ['a path', '../../../../dev/null'],
    ['a file URL', 'file:///etc/passwd'],
    ['SQL', "x' UNION SELECT 'secret' --"],
    ['a shell command', '$(sleep 9)|`id`'],
    ['a NUL', 'key\u0000'],
    ['a line break', 'key\r\nx-injected: 1'],
    ['4000 characters', 'k'.repeat(4000)],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['toString', 'toString'],
    ['unicode', '🔑'],
    ['a lone surrogate', '\ud800'],
    ['another name', 'another-key'],
  ])('%s', async (_title, kid) => {
    expectInvalidToken(await send(signed({ kid })), 'unknown_key');
  });

  it.each([
    ['a space behind it', (kid: string) => `${kid} `],
    [
      'swapped case',
      (kid: string) => kid.replaceAll(/[a-z]/gi, (c) => (c < 'a' ? c.toLowerCase() : c.toUpperCase())),
    ],
    ['its beginning', (kid: string) => kid.slice(0, -1)],
  ])('our kid with %s', async (_title, spoil) => {
    expectInvalidToken(await send(signed({ kid: spoil(issuer.signingKey.kid) })), 'unknown_key');
  });
});

describe('a header that is no JSON object is refused', () => {
  it.each([
    ['a list', '[]'],
    ['null', 'null'],
    ['a string', '"RS256"'],
    ['a number', '1'],
    ['nothing but a space', ' '],
    ['text behind the object', '{"alg":"RS256"} x'],
    ['two objects', '{"alg":"RS256"}{"alg":"RS256"}'],
    ['a trailing comma', '{"alg":"RS256",}'],
    ['single quotes', "{'alg':'RS256'}"],
    ['a comment', '{"alg":"RS256"/**/}'],
    ['a byte order mark', '\ufeff{"alg":"RS256"}'],
    ['UTF-16', Buffer.from('{"alg":"RS256"}', 'utf16le').toString('latin1')],
  ])('%s', async (_title, header) => {
    expectInvalidToken(await send(signed(header)), 'malformed_token');
  });

  it('bytes that are no UTF-8', async () => {
    const [, ...others] = signed({}).split('.');
    const header = Buffer.from('{"alg":"RS256","x":"\xff"}', 'latin1').toString('base64url');
    expectInvalidToken(await send([header, ...others].join('.')), 'malformed_token');
  });
});

describe('members that come twice, or pose as inherited', () => {
  it('count by their last value when the algorithm comes twice', async () => {
    expectInvalidToken(await send(signed(text('"alg":"none"'))), 'unsupported_algorithm');
  });

  it('count by their last value when the type comes twice', async () => {
    expectInvalidToken(await send(signed(text('"typ":"logout+jwt"'))), 'unsupported_type');
  });

  it('count when they are written with escapes', async () => {
    expectInvalidToken(await send(signed(text(String.raw`"\u0063rit":["exp"]`))), 'unsupported_header');
  });

  it('give no algorithm by __proto__', async () => {
    expectInvalidToken(await send(signed('{"__proto__":{"alg":"RS256"}}')), 'unsupported_algorithm');
  });
});

describe('a key that the token brings along', () => {
  let attacker: Server;
  let url: string;
  let hits = 0;
  let key: SigningKey;

  beforeAll(async () => {
    key = { ...stranger.signingKey, kid: issuer.signingKey.kid };
    attacker = createServer((_request, response) => {
      hits += 1;
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ keys: [toJwk(key)] }));
    }).listen(0, '127.0.0.1');
    await once(attacker, 'listening');
    url = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}/keys`;
  });

  afterAll(() => attacker?.close());

  const parameters = () => ({
    jku: url,
    x5u: url,
    jwk: toJwk(key),
    x5c: [key.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
  });
  const names = ['jku', 'x5u', 'jwk', 'x5c'] as const;

  it.each(names)('is not used under our kid: %s', async (name) => {
    const token = issuer.sign({ [name]: parameters()[name] }, claims(), key.privateKey);
    expectInvalidToken(await send(token), 'bad_signature');
  });

  it.each(names)('is not used under a kid of its own: %s', async (name) => {
    const token = issuer.sign({ kid: 'attacker', [name]: parameters()[name] }, claims(), key.privateKey);
    expectInvalidToken(await send(token), 'unknown_key');
  });

  it.each(names)('is not used without kid: %s', async (name) => {
    const token = issuer.sign({ kid: undefined, [name]: parameters()[name] }, claims(), key.privateKey);
    expectInvalidToken(await send(token), 'bad_signature');
  });

  it.each(names)('does no harm to a genuine token: %s', async (name) => {
    expectExpenses(await send(signed({ [name]: parameters()[name] })));
  });

  it('is never fetched', () => {
    expect(hits).toBe(0);
  });
});
