import { InvalidToken } from './auth.errors.js';

/** A JSON Web Token taken apart (RFC 7519), before anything in it is trusted. */
export interface AccessToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;
// A byte order mark is kept, and then fails as JSON: jsonwebtoken would not take it away either.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Takes a JWT in compact serialisation apart: three base64url segments (RFC 7515, 7.1), of which the first two are JSON
 * objects in UTF-8. Says nothing about whether the token is genuine.
 *
 * @throws InvalidToken
 */
export function parseAccessToken(token: string): AccessToken {
  const segments = token.split('.', 6);
  if (segments.length === 5) throw new InvalidToken('encrypted_token');
  const [header, claims, signature] = segments;
  if (segments.length !== 3 || !header || !claims || !signature) throw new InvalidToken('malformed_token');
  decode(signature);
  return { header: jsonObject(header), claims: jsonObject(claims) };
}

/** Decodes the one canonical base64url form, so that a token has a single spelling (RFC 4648, 3.5). */
function decode(segment: string): Buffer {
  const bytes = Buffer.from(segment, 'base64url');
  if (!BASE64URL.test(segment) || bytes.toString('base64url') !== segment)
    throw new InvalidToken('malformed_token');
  return bytes;
}

function jsonObject(segment: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(decode(segment)));
  } catch {
    // No cause: the message of a JSON error quotes what it could not parse.
    throw new InvalidToken('malformed_token');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidToken('malformed_token');
  }
  return value as Record<string, unknown>;
}
