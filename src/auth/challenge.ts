import type { AccessRule } from './access/access.decorators.js';
import type { AuthError } from './auth.errors.js';
import type { TokenScheme } from './proof/sender-constraints.js';

/** Where an error happened. */
export interface ChallengeContext {
  /** Where the metadata of this resource are. */
  readonly resourceMetadataUrl?: string;
  /** Of the route that was asked for. */
  readonly rule?: AccessRule;
  /** A scope as the client must ask its issuer for it. Default: as it is. */
  readonly scopeToAskFor?: (scope: string) => string;
  /** The scheme under which the token was sent; of a token that was bound to a key, `DPoP`. Default `Bearer`. */
  readonly scheme?: TokenScheme;
  /** The algorithms that DPoP proofs may be signed with (RFC 9449, 7.1). */
  readonly proofAlgorithms?: readonly string[];
}

/**
 * The WWW-Authenticate header of an error (RFC 6750, 3; RFC 9449, 7.1), with the place of our metadata (RFC 9728, 5.1).
 * Every value is one of our own constants or a scope token, so nothing in it needs escaping. Scopes are what a client
 * must ask for.
 */
export function challengeOf(
  error: Pick<AuthError, 'challenge' | 'getStatus'>,
  {
    resourceMetadataUrl,
    rule,
    scopeToAskFor = (scope) => scope,
    scheme = 'Bearer',
    proofAlgorithms = [],
  }: ChallengeContext = {},
): string {
  const scopes = error.getStatus() === 401 ? scopesOf(rule) : error.challenge.scope?.split(' ');
  const scope = scopes?.map(scopeToAskFor).join(' ');
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
function scopesOf(rule: AccessRule | undefined): readonly string[] | undefined {
  if (rule?.kind !== 'scopes') return undefined;
  return rule.mode === 'any' ? rule.scopes.slice(0, 1) : rule.scopes;
}
