import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { AUDIENCE, CACHE_FOLDER, ISSUER, SCOPE, TOKEN_FILE } from './settings.js';

const KEY_FILE = `${CACHE_FOLDER}key.pem`;
const KEY_ID = 'Nk0zQTY4QjE2RDlGN0JEM';
const LIFETIME_SECONDS = 86_400;
/** A pool that would expire during a long run is made anew. */
const LEAST_REMAINING_SECONDS = 7_200;
const BATCH = 256;

const signAsync = promisify(sign);
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The issuer's RSA-2048 key; made once and kept, because the kept tokens are signed with it. */
export function signingKey() {
  mkdirSync(CACHE_FOLDER, { recursive: true });
  if (!existsSync(KEY_FILE)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(KEY_FILE, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  return createPrivateKey(readFileSync(KEY_FILE));
}

/** The key set as the issuer publishes it (RFC 7517). */
export function publicKeySet(key) {
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  return { keys: [{ ...jwk, kid: KEY_ID, use: 'sig', alg: 'RS256' }] };
}

/**
 * Signs an access token with the claims and the size (about 800 characters) of Auth0's.
 *
 * @param key private RSA key
 * @param changes claims to replace; those set to undefined are left out
 */
export async function accessToken(key, changes = {}) {
  const now = Math.floor(Date.now() / 1000);
  const header = encode({ alg: 'RS256', typ: 'JWT', kid: KEY_ID });
  const payload = encode({
    iss: ISSUER,
    sub: `auth0|${randomBytes(12).toString('hex')}`,
    aud: [AUDIENCE, `${ISSUER}userinfo`],
    iat: now,
    exp: now + LIFETIME_SECONDS,
    scope: `openid profile email ${SCOPE}`,
    azp: 'Xk2vT9sWq7LzPb4RcN8mYd1HfJ6aGe3U',
    permissions: [SCOPE],
    ...changes,
  });
  const input = `${header}.${payload}`;
  const signature = await signAsync('RSA-SHA256', Buffer.from(input), key);
  return `${input}.${signature.toString('base64url')}`;
}

/**
 * Makes sure that the cache folder holds at least `count` distinct tokens that stay valid for the run.
 * Signing takes a millisecond of a core per token, which is why they are made before and kept.
 */
export async function ensureTokens(count, log) {
  const key = signingKey();
  let tokens = existsSync(TOKEN_FILE) ? readFileSync(TOKEN_FILE, 'latin1').trim().split('\n') : [];
  if (tokens.length > 0 && expiry(tokens[0]) - Date.now() / 1000 < LEAST_REMAINING_SECONDS) tokens = [];
  if (tokens.length >= count) return;
  log(`signing ${count - tokens.length} tokens`);
  while (tokens.length < count) {
    const size = Math.min(BATCH, count - tokens.length);
    tokens.push(...(await Promise.all(Array.from({ length: size }, () => accessToken(key)))));
  }
  writeFileSync(TOKEN_FILE, `${tokens.join('\n')}\n`, { mode: 0o600 });
}

/** Tokens `from` (inclusive) to `to` (exclusive) of the kept pool. */
export function readTokens(from, to) {
  return readFileSync(TOKEN_FILE, 'latin1').trim().split('\n').slice(from, to);
}

function expiry(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).exp;
}
