import type { AccessRule } from './access/access.decorators.js';
import type { AuthError } from './auth.errors.js';
import type { TokenScheme } from './proof/sender-constraints.js';

/** Where an error happened. */
export interface ChallengeContext {
  /** Where the metadata of this resource are. */
  readonly resourceMetadataUrl?: string;
  /** Of the route that was asked for. */
  readonly rule?: AccessRule;
  /** The scheme under which the token was sent; of a token that was bound to a key, `DPoP`. Default `Bearer`. */
  readonly scheme?: TokenScheme;
  /** The algorithms that DPoP proofs may be signed with (RFC 9449, 7.1). */
  readonly proofAlgorithms?: readonly string[];
}

/**
 * The WWW-Authenticate header of an error (RFC 6750, 3; RFC 9449, 7.1), with the place of our metadata (RFC 9728, 5.1). Every value is
 * one of our own constants or a scope token, so nothing in it needs escaping.
 */
export function challengeOf(
  error: Pick<AuthError, 'challenge' | 'getStatus'>,
  { resourceMetadataUrl, rule, scheme = 'Bearer', proofAlgorithms = [] }: ChallengeContext = {},
): string {
  const scope = error.getStatus() === 401 ? scopesToAskFor(rule) : undefined;
  const parameters = {
    ...error.challenge,
    ...(scope && { scope }),
    ...(scheme === 'DPoP' && { algs: proofAlgorithms.join(' ') }),
    resource_metadata: resourceMetadataUrl,
  };
  const written = Object.entries(parameters).flatMap(([name, value]) =>
    value ? [`${name}="${value}"`] : [],
  );
  return [scheme, written.join(', ')].join(' ').trimEnd();
}

/** The scopes with which a client that knows only the URL gets in, and not more of them than it needs. */
function scopesToAskFor(rule: AccessRule | undefined): string | undefined {
  if (rule?.kind !== 'scopes') return undefined;
  return rule.mode === 'any' ? rule.scopes[0] : rule.scopes.join(' ');
}
