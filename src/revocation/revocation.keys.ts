import { hash } from 'node:crypto';
import type { Principal } from '../auth/index.js';

/**
 * What can be revoked: everything of a subject, a session, or one token. `sessionless` are the tokens of a subject that do
 * not say to which session they belong: when one of the subject's sessions ends, they may be of it.
 */
export type RevocationKind = 'subject' | 'session' | 'token' | 'sessionless';

/** Kinds that end for good, and not only for the tokens that were issued until then. */
const FINAL: ReadonlySet<RevocationKind> = new Set(['session', 'token']);

/** What would revoke a token. */
export interface RevocationKey {
  readonly id: string;
  /** Whether the token is refused whenever it was issued. */
  readonly isFinal: boolean;
}

/**
 * What a revocation is kept under. A hash, because names can be longer than an index takes, and because who was logged out
 * is nobody's business.
 *
 * @param issuer by any of its spellings, with or without the slash at the end
 */
export function revocationId(issuer: string, kind: RevocationKind, value: string): string {
  return hash('sha256', JSON.stringify([issuer.replace(/\/$/, ''), kind, value]), 'base64url');
}

/** Everything that would revoke the token of a principal. */
export function revocationKeysOf({ issuer, subject, tokenId, claims }: Principal): readonly RevocationKey[] {
  const subjects = [...new Set([subject, claims.sub])].filter((name) => typeof name === 'string');
  const { sid } = claims;
  const named: [RevocationKind, string][] = subjects.map((name) => ['subject', name]);
  if (typeof sid === 'string') named.push(['session', sid]);
  else named.push(...subjects.map((name): [RevocationKind, string] => ['sessionless', name]));
  if (tokenId !== undefined) named.push(['token', tokenId]);
  return named.map(([kind, value]) => ({ id: revocationId(issuer, kind, value), isFinal: FINAL.has(kind) }));
}
