import { isUtf8 } from 'node:buffer';
import { InvalidToken } from '../auth.errors.js';
import { type Claims, isObject } from './claims.js';

/** What a JSON Web Token says (RFC 7519), before anything of it is trusted. */
export interface AccessToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A JSON Web Token taken apart, with what is needed to verify its signature. */
export interface SignedAccessToken extends AccessToken {
  /** Header and claims as they were sent, which is what was signed (RFC 7515, 5.1). */
  readonly signingInput: string;
  /** Encoded in base64url. */
  readonly signature: string;
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;
/** Which last letters leave no bit set that stands for nothing, by how many letters groups of four leave over. */
const LAST_LETTERS = [undefined, '', 'AQgw', 'AEIMQUYcgkosw048'];

/**
 * Takes a JWT in compact serialisation apart: three base64url segments (RFC 7515, 7.1), of which the first two are JSON
 * objects in UTF-8. Says nothing about whether the token is genuine.
 *
 * @throws InvalidToken
 */
export function parseAccessToken(token: string): SignedAccessToken {
  const segments = token.split('.', 6);
  if (segments.length === 5) throw new InvalidToken('encrypted_token');
  const [header, claims, signature] = segments;
  if (segments.length !== 3 || !header || !claims || !signature) throw new InvalidToken('malformed_token');
  assertCanonical(signature);
  const signingInput = token.slice(0, -signature.length - 1);
  return { header: parseHeader(header), claims: jsonObject(claims), signingInput, signature };
}

/** The last header that was parsed: nearly all tokens share theirs, since it only names the key. */
let lastHeader: { segment: string; value: Readonly<Record<string, unknown>> } | undefined;

function parseHeader(segment: string): Readonly<Record<string, unknown>> {
  if (lastHeader?.segment === segment) return lastHeader.value;
  const value = Object.freeze(jsonObject(segment));
  lastHeader = { segment, value };
  return value;
}

/** Not understanding a critical parameter means refusing (RFC 7515, 4.1.11); cty, enc and zip announce another content. */
export const UNSUPPORTED_HEADERS = ['crit', 'b64', 'cty', 'enc', 'zip'];

/** Whether the header has a parameter that changes what the token means, in a way that we do not know. */
export function hasUnsupportedHeader({ header }: AccessToken): boolean {
  return UNSUPPORTED_HEADERS.some((name) => Object.hasOwn(header, name));
}

/** Accepts the one canonical base64url form only, so that a token has a single spelling (RFC 4648, 3.5). */
function assertCanonical(segment: string): void {
  const lastLetters = LAST_LETTERS[segment.length % 4];
  const isCanonical =
    BASE64URL.test(segment) && (lastLetters === undefined || lastLetters.includes(segment.at(-1)!));
  if (!isCanonical) throw new InvalidToken('malformed_token');
}

function jsonObject(segment: string): Claims {
  assertCanonical(segment);
  const bytes = Buffer.from(segment, 'base64url');
  if (!isUtf8(bytes)) throw new InvalidToken('malformed_token');
  let value: unknown;
  try {
    // A byte order mark stays in the text, and is no JSON.
    value = JSON.parse(bytes.toString());
  } catch {
    // No cause: the message of a JSON error quotes what it could not parse.
    throw new InvalidToken('malformed_token');
  }
  if (!isObject(value)) throw new InvalidToken('malformed_token');
  return value;
}
