import type { RefusalReason } from '../../src/auth/index.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { expectExpenses, expectInvalidRequest, expectInvalidToken } from '../support/refusal.js';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

let issuer: TestIssuer;
let stranger: TestIssuer;
let api: TestApp;
let parts: [header: string, claims: string, signature: string];

beforeAll(async () => {
  [issuer, stranger] = await Promise.all([startTestIssuer(), startTestIssuer()]);
  api = await createAuthApp(issuer);
  parts = genuine().split('.') as typeof parts;
});

afterAll(async () => {
  await api?.close();
  await Promise.all([issuer?.close(), stranger?.close()]);
});

const send = (token: string) => api.get('/secured', token);
const claims = () => issuer.claims({ scopes: ['read:reports'] });
const genuine = () => issuer.sign({}, claims());
const usualHeader = () => ({ alg: 'RS256', typ: 'JWT', kid: issuer.signingKey.kid });
const changeBit = (segment: string, byte: number) => {
  const bytes = Buffer.from(segment, 'base64url');
  bytes[byte < 0 ? bytes.length + byte : byte]! ^= 1;
  return bytes.toString('base64url');
};
/** The same bytes written with other bits where base64 has bits to spare. */
const respell = (segment: string) =>
  segment.slice(0, -1) + BASE64URL[BASE64URL.indexOf(segment.at(-1) as string) + 1];

const foreign = (kid: string | undefined) => issuer.sign({ kid }, claims(), stranger.signingKey.privateKey);

describe("a key that is not our issuer's is refused", () => {
  it('under our kid', async () => {
    expectInvalidToken(await send(foreign(issuer.signingKey.kid)), 'bad_signature');
  });

  it('without kid', async () => {
    expectInvalidToken(await send(foreign(undefined)), 'bad_signature');
  });

  it('under its own kid', async () => {
    expectInvalidToken(await send(foreign(stranger.signingKey.kid)), 'unknown_key');
  });

  it('when the token is genuine, of another issuer and for us', async () => {
    expectInvalidToken(await send(stranger.tokenFor({ scopes: ['read:reports'] })), 'wrong_issuer');
  });
});

describe('a token that was tampered with is refused', () => {
  it.each<[string, () => string[], RefusalReason]>([
    ['its first bit of signature', () => [parts[0], parts[1], changeBit(parts[2], 0)], 'bad_signature'],
    ['its middle bit of signature', () => [parts[0], parts[1], changeBit(parts[2], 128)], 'bad_signature'],
    ['its last bit of signature', () => [parts[0], parts[1], changeBit(parts[2], -1)], 'bad_signature'],
    [
      'a signature of zeros',
      () => [parts[0], parts[1], Buffer.alloc(256).toString('base64url')],
      'bad_signature',
    ],
    [
      'a signature of ones',
      () => [parts[0], parts[1], Buffer.alloc(256, 255).toString('base64url')],
      'bad_signature',
    ],
    ['a signature of one byte', () => [parts[0], parts[1], 'AA'], 'bad_signature'],
    [
      'a signature without its last letter',
      () => [parts[0], parts[1], parts[2].slice(0, -1)],
      'malformed_token',
    ],
    [
      'a signature cut short',
      () => [parts[0], parts[1], Buffer.from(parts[2], 'base64url').subarray(3).toString('base64url')],
      'bad_signature',
    ],
    [
      'a signature with zeros behind',
      () => [
        parts[0],
        parts[1],
        Buffer.concat([Buffer.from(parts[2], 'base64url'), Buffer.alloc(3)]).toString('base64url'),
      ],
      'bad_signature',
    ],
    ['a signature with zeros before', () => [parts[0], parts[1], `AAAA${parts[2]}`], 'bad_signature'],
    [
      'the signature of another token',
      () => [parts[0], parts[1], genuine().split('.')[2] as string],
      'bad_signature',
    ],
    [
      'other claims',
      () => [
        parts[0],
        Buffer.from(JSON.stringify({ ...claims(), sub: 'auth0|bob' })).toString('base64url'),
        parts[2],
      ],
      'bad_signature',
    ],
    [
      'one space more in the claims',
      () => [
        parts[0],
        Buffer.from(`${Buffer.from(parts[1], 'base64url').toString()} `).toString('base64url'),
        parts[2],
      ],
      'bad_signature',
    ],
    [
      'another header',
      () => [
        Buffer.from(JSON.stringify({ ...usualHeader(), x: 1 })).toString('base64url'),
        parts[1],
        parts[2],
      ],
      'bad_signature',
    ],
    [
      "header and claims in each other's place",
      () => [parts[1], parts[0], parts[2]],
      'unsupported_algorithm',
    ],
    ['other spare bits in the signature', () => [parts[0], parts[1], respell(parts[2])], 'malformed_token'],
    ['a signature with padding', () => [parts[0], parts[1], `${parts[2]}==`], 'malformed_token'],
    ['a signature in base64', () => [parts[0], parts[1], `${parts[2].slice(0, -2)}+/`], 'malformed_token'],
    ['a tilde in the claims', () => [parts[0], `${parts[1]}~`, parts[2]], 'malformed_token'],
  ])('%s', async (_title, segments, reason) => {
    expectInvalidToken(await send(segments().join('.')), reason);
  });

  it('spare bits of header and claims written otherwise', async () => {
    // One byte more or less makes a segment that has bits to spare.
    for (const length of [0, 1, 2]) {
      const [header = '', payload = '', signature] = issuer
        .sign({ x: 'x'.repeat(length) }, { ...claims(), x: 'x'.repeat(length) })
        .split('.');
      if (header.length % 4 !== 0)
        expectInvalidToken(await send(`${respell(header)}.${payload}.${signature}`), 'malformed_token');
      if (payload.length % 4 !== 0)
        expectInvalidToken(await send(`${header}.${respell(payload)}.${signature}`), 'malformed_token');
    }
  });
});

describe('what is no JWS in compact form is refused', () => {
  it.each<[string, () => string, RefusalReason]>([
    ['one segment', () => 'abc', 'malformed_token'],
    ['two segments', () => `${parts[0]}.${parts[1]}`, 'malformed_token'],
    ['four segments', () => `${parts.join('.')}.AAAA`, 'malformed_token'],
    ['six segments', () => `${parts.join('.')}.${parts.join('.')}`, 'malformed_token'],
    ['a dot before', () => `.${parts.join('.')}`, 'malformed_token'],
    ['a dot behind', () => `${parts.join('.')}.`, 'malformed_token'],
    ['only dots', () => '..', 'malformed_token'],
    ['8000 dots', () => '.'.repeat(8000), 'malformed_token'],
    ['no claims', () => `${parts[0]}..${parts[2]}`, 'malformed_token'],
    ['an opaque token', () => 'gho_16C7e42F292c6912E7710c838347Ae178B4a', 'malformed_token'],
    ['an encrypted token', () => `${parts[0]}.AAAA.AAAA.AAAA.AAAA`, 'encrypted_token'],
    [
      'an encrypted token without key',
      () => `${Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')}..AAAA.AAAA.AAAA`,
      'encrypted_token',
    ],
    ['a token in a token', () => Buffer.from(parts.join('.')).toString('base64url'), 'malformed_token'],
  ])('%s', async (_title, token, reason) => {
    expectInvalidToken(await send(token()), reason);
  });

  it.each([
    [
      'JSON serialisation',
      () => JSON.stringify({ protected: parts[0], payload: parts[1], signature: parts[2] }),
    ],
    ['padding in the header', () => `${parts[0]}==.${parts[1]}.${parts[2]}`],
    ['a line break inside', () => `${parts[0]}.\n${parts[1]}.${parts[2]}`],
    ['a letter beyond ASCII', () => `${parts.join('.')}é`],
  ])('%s', async (_title, token) => {
    expectInvalidRequest(await send(token()), 'The Authorization header is malformed');
  });
});

it('a genuine token is accepted after all of these', async () => {
  expectExpenses(await send(genuine()));
  expect(issuer.requests.keys).toBeLessThanOrEqual(2);
});
