import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { signingKey, signToken } from './keys.js';
import { AUDIENCE, CACHE_FOLDER, ISSUER, SCOPE } from './settings.js';

const LIFETIME_SECONDS = 86_400;
/** A pool that would expire during a long run is made anew. */
const LEAST_REMAINING_SECONDS = 7_200;
const BATCH = 256;

/**
 * Signs an access token with the claims and the size (about 800 characters with RS256) of Auth0's.
 *
 * @param key of `signingKey`
 * @param changes claims to replace or add; those set to undefined are left out
 */
export function accessToken(key, changes = {}) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    sub: `auth0|${randomBytes(12).toString('hex')}`,
    aud: [AUDIENCE, `${ISSUER}userinfo`],
    iat: now,
    exp: now + LIFETIME_SECONDS,
    scope: `openid profile email ${SCOPE}`,
    azp: 'Xk2vT9sWq7LzPb4RcN8mYd1HfJ6aGe3U',
    permissions: [SCOPE],
    ...changes,
  };
  return signToken(key, { typ: 'JWT', kid: key.kid }, claims);
}

/**
 * Makes sure that the cache folder holds at least `count` distinct tokens of an algorithm that stay valid for the run.
 * Signing takes up to a millisecond of a core per token, which is why they are made before and kept.
 */
export async function ensureTokens(algorithm, count, log) {
  const key = signingKey(algorithm);
  const file = tokenFile(algorithm);
  let tokens = existsSync(file) ? readFileSync(file, 'latin1').trim().split('\n') : [];
  if (tokens.length > 0 && expiry(tokens[0]) - Date.now() / 1000 < LEAST_REMAINING_SECONDS) tokens = [];
  if (tokens.length >= count) return;
  log(`signing ${count - tokens.length} tokens with ${algorithm}`);
  while (tokens.length < count) {
    const size = Math.min(BATCH, count - tokens.length);
    tokens.push(...(await Promise.all(Array.from({ length: size }, () => accessToken(key)))));
  }
  writeFileSync(file, `${tokens.join('\n')}\n`, { mode: 0o600 });
}

/** Tokens `from` (inclusive) to `to` (exclusive) of the kept pool of an algorithm. */
export function readTokens(algorithm, from, to) {
  return readFileSync(tokenFile(algorithm), 'latin1').trim().split('\n').slice(from, to);
}

function tokenFile(algorithm) {
  return `${CACHE_FOLDER}tokens-${algorithm}.txt`;
}

function expiry(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).exp;
}
