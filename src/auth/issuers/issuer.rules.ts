import {
  algorithmNamed,
  DEFAULT_ALGORITHMS,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
} from '../keys/algorithms.js';
import type { RequiredClaim } from '../token/claim-checks.js';
import { DEFAULT_PERMISSIONS_CLAIM, type PrincipalRules } from '../token/principal.js';
import type { TokenRules } from '../token/token-checks.js';
import type { IssuerOptions } from './issuer.options.js';

/**
 * The algorithms of these names.
 *
 * @throws TypeError naming those that cannot be allowed
 */
export function toAlgorithms(names: readonly string[]): readonly SigningAlgorithm[] {
  const unknown = names.filter((name) => algorithmNamed(name) === undefined);
  if (unknown.length > 0 || names.length === 0) {
    throw new TypeError(`algorithms must be of ${SIGNING_ALGORITHMS.join(', ')}: ${unknown.join(', ')}`);
  }
  return [...new Set(names.map((name) => algorithmNamed(name) as SigningAlgorithm))];
}

/** `name=value`, or a name alone, as a required claim. The value is all that stands behind the first `=`. */
export function toRequiredClaim(text: string): RequiredClaim {
  const end = text.indexOf('=');
  return end < 0 ? { name: text } : { name: text.slice(0, end), value: text.slice(end + 1) };
}

const listOf = (value: string | readonly string[]): readonly string[] =>
  typeof value === 'string' ? [value] : value;

/** What an issuer's tokens are held against, but for the names that the issuer has. */
export function tokenRulesOf(
  options: IssuerOptions,
  clockToleranceSeconds: number,
): Omit<TokenRules, 'issuers' | 'confirmationMethods'> {
  const { audiences, audienceClaim = 'aud', subjectClaim = 'sub', requiredClaims = [] } = options;
  return {
    algorithms: options.algorithms ? toAlgorithms(options.algorithms) : DEFAULT_ALGORITHMS,
    audiences,
    audienceClaim,
    subjectClaims: listOf(subjectClaim),
    requiredClaims: requiredClaims.map(toRequiredClaim),
    clockToleranceSeconds,
    profile: options.profile ?? 'jwt',
  };
}

/** How the claims of an issuer's tokens are read. */
export function principalRulesOf({
  subjectClaim = 'sub',
  grantsFrom = 'scope',
  permissionsClaim = DEFAULT_PERMISSIONS_CLAIM,
  scopePrefix = '',
}: Partial<IssuerOptions>): PrincipalRules {
  return { subjectClaims: listOf(subjectClaim), grantsFrom, permissionsClaim, scopePrefix };
}

/** The names that the options give an issuer; empty when discovery is to say its name. */
export function namesIn({ issuer = [] }: Pick<IssuerOptions, 'issuer'>): readonly string[] {
  return listOf(issuer);
}
