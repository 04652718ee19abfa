import type { webcrypto } from 'node:crypto';

/** The private key that tokens are bound to (RFC 9449), as a JWK. */
export type ProofKey = webcrypto.JsonWebKey;

/** Somebody who is logged in. Lives on the server only; the browser holds nothing but a random id. */
export interface Session {
  /** What the issuer says of the user: the ID token's claims and those of its userinfo endpoint. */
  readonly claims: Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string };
  /** Permissions that the access token carries. */
  readonly permissions: readonly string[];
  readonly accessToken: string;
  /** Milliseconds since 1970. */
  readonly accessTokenExpiresAt: number;
  /** What the access token is bound to; absent for a bearer token. */
  readonly proofKey?: ProofKey;
  /** Absent when the issuer gave none: then an expired access token means a new login. */
  readonly refreshToken?: string;
  /** When the login was, in seconds since 1970. */
  readonly beganAt: number;
  /** Begun by itself, upon a login that did not help. */
  readonly again: boolean;
  /** Seconds since 1970; however busy, the session ends then. */
  readonly endsAt: number;
}

/** How long a login counts as new, in seconds. */
const FRESH_SECONDS = 60;

/** Whether the login was just now, so that what does not work with it will not work with another either. */
export function isFresh({ beganAt }: Session): boolean {
  return Date.now() / 1000 - beganAt < FRESH_SECONDS;
}

/** Who the session belongs to: a subject is unique at its issuer only (OpenID Connect Core 1.0, 5.7). */
export function personOf({ claims }: Session): string {
  return JSON.stringify([claims.iss, claims.sub]);
}

/** The best name there is for a person: what they are called, their address, or the issuer's id. */
export function displayName({ claims }: Session): string {
  const names = [claims['name'], claims['email'], claims.sub];
  return names.find((name): name is string => typeof name === 'string' && name !== '') ?? claims.sub;
}
