import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { signToken, startTestIssuer, type TestApp, type TestIssuer, toJwk } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { expectExpenses, expectInvalidToken } from '../support/refusal.js';

let issuer: TestIssuer;
let api: TestApp;

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await createAuthApp(issuer);
});

afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

const send = (token: string) => api.get('/secured', token);
const claims = () => issuer.claims({ scopes: ['read:reports'] });
const publicKey = () => issuer.signingKey.publicKey;
const pem = (type: 'spki' | 'pkcs1') => publicKey().export({ type, format: 'pem' }).toString();
const usualHeader = () => ({ alg: 'RS256', typ: 'JWT', kid: issuer.signingKey.kid });

describe("another algorithm is refused, though it says so and signs with our issuer's key", () => {
  it.each(['RS384', 'RS512', 'PS256', 'PS384', 'PS512'])('%s', async (alg) => {
    expectInvalidToken(await send(issuer.sign({ alg }, claims())), 'unsupported_algorithm');
  });
});

describe('another algorithm is refused, with a key that fits it', () => {
  it.each<[string, () => KeyObject]>([
    ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
    ['ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
    ['EdDSA', () => generateKeyPairSync('ed25519').privateKey],
    ['HS512', () => createSecretKey(Buffer.alloc(64))],
  ])('%s', async (alg, key) => {
    expectInvalidToken(await send(issuer.sign({ alg }, claims(), key())), 'unsupported_algorithm');
  });

  it.each<[string, () => KeyObject]>([
    ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
    ['EdDSA', () => generateKeyPairSync('ed25519').privateKey],
    ['PS256', () => issuer.signingKey.privateKey],
    ['RS384', () => issuer.signingKey.privateKey],
    ['RS512', () => issuer.signingKey.privateKey],
  ])('%s that poses as RS256', async (alg, key) => {
    expectInvalidToken(await send(signToken(usualHeader(), claims(), key(), alg)), 'bad_signature');
  });
});

describe('an algorithm that does not exist is refused', () => {
  it.each<[string, unknown]>([
    ['in small letters', 'rs256'],
    ['with a space behind', 'RS256 '],
    ['with a NUL behind', 'RS256\u0000'],
    ['by its name in node', 'RSA-SHA256'],
    ['of SHA-1', 'RS1'],
    ['of encryption', 'RSA-OAEP-256'],
    ['of direct encryption', 'dir'],
    ['in a list', ['RS256']],
    ['in an object', { alg: 'RS256' }],
    ['as a number', 256],
    ['as null', null],
    ['as true', true],
    ['as nothing', ''],
    ['absent', undefined],
  ])('%s', async (_title, alg) => {
    const token = signToken({ ...usualHeader(), alg }, claims(), issuer.signingKey.privateKey, 'RS256');
    expectInvalidToken(await send(token), 'unsupported_algorithm');
  });
});

describe('a token without signature is refused', () => {
  const spellings = ['none', 'None', 'NONE', 'nOnE', 'none ', 'NoNe\u0000'];

  it.each(spellings)('%j with nothing behind the last dot', async (alg) => {
    expectInvalidToken(await send(issuer.sign({ alg }, claims())), 'malformed_token');
  });

  it.each(spellings)('%j with a genuine signature', async (alg) => {
    const token = signToken({ ...usualHeader(), alg }, claims(), issuer.signingKey.privateKey, 'RS256');
    expectInvalidToken(await send(token), 'unsupported_algorithm');
  });

  it('RS256 with nothing behind the last dot', async () => {
    expectInvalidToken(await send(issuer.tokenFor().replace(/[^.]+$/, '')), 'malformed_token');
  });
});

describe('the public key as an HMAC secret is refused', () => {
  const secrets: [string, () => string | Buffer][] = [
    ['PEM', () => pem('spki')],
    ['PEM without its last line break', () => pem('spki').trimEnd()],
    ['PEM with CRLF', () => pem('spki').replaceAll('\n', '\r\n')],
    ['PKCS#1 PEM', () => pem('pkcs1')],
    ['the base64 inside of the PEM', () => pem('spki').split('\n').slice(1, -2).join('')],
    ['DER', () => publicKey().export({ type: 'spki', format: 'der' })],
    ['PKCS#1 DER', () => publicKey().export({ type: 'pkcs1', format: 'der' })],
    ['JWK', () => JSON.stringify(publicKey().export({ format: 'jwk' }))],
    ['the JWK as published', () => JSON.stringify(toJwk(issuer.signingKey))],
    ['the modulus', () => String(publicKey().export({ format: 'jwk' }).n)],
    [
      'the bytes of the modulus',
      () => Buffer.from(String(publicKey().export({ format: 'jwk' }).n), 'base64url'),
    ],
    ['the name of the key', () => issuer.signingKey.kid],
    ['nothing', () => ''],
  ];

  it.each(secrets)('%s, as HS256', async (_title, secret) => {
    const key = createSecretKey(Buffer.from(secret()));
    expectInvalidToken(await send(issuer.sign({ alg: 'HS256' }, claims(), key)), 'unsupported_algorithm');
  });

  it.each(secrets)('%s, posing as RS256', async (_title, secret) => {
    const key = createSecretKey(Buffer.from(secret()));
    expectInvalidToken(await send(signToken(usualHeader(), claims(), key, 'HS256')), 'bad_signature');
  });
});

it('a genuine token is accepted after all of these', async () => {
  expectExpenses(await send(issuer.tokenFor({ scopes: ['read:reports'] })));
  expect(issuer.requests).toStrictEqual({ discovery: 1, keys: 1 });
});
