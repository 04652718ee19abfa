import type { AccessRule } from './access/access.decorators.js';
import type { AuthError } from './auth.errors.js';

/** Where an error happened. */
export interface ChallengeContext {
  /** Where the metadata of this resource are. */
  readonly resourceMetadataUrl?: string;
  /** Of the route that was asked for. */
  readonly rule?: AccessRule;
}

/**
 * The WWW-Authenticate header of an error (RFC 6750, 3), with the place of our metadata (RFC 9728, 5.1). Every value is
 * one of our own constants or a scope token, so nothing in it needs escaping.
 */
export function bearerChallenge(
  error: Pick<AuthError, 'challenge' | 'getStatus'>,
  { resourceMetadataUrl, rule }: ChallengeContext = {},
): string {
  const scope = error.getStatus() === 401 ? scopesToAskFor(rule) : undefined;
  const parameters = { ...error.challenge, ...(scope && { scope }), resource_metadata: resourceMetadataUrl };
  const written = Object.entries(parameters).flatMap(([name, value]) =>
    value ? [`${name}="${value}"`] : [],
  );
  return written.length > 0 ? `Bearer ${written.join(', ')}` : 'Bearer';
}

/** The scopes with which a client that knows only the URL gets in, and not more of them than it needs. */
function scopesToAskFor(rule: AccessRule | undefined): string | undefined {
  if (rule?.kind !== 'scopes') return undefined;
  return rule.mode === 'any' ? rule.scopes[0] : rule.scopes.join(' ');
}
