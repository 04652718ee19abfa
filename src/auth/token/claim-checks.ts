import type { AccessToken } from './access-token.js';
import { isActorClaim } from './actor.js';
import { claimAt, type Claims, isText, isTime } from './claims.js';
import type { TokenRules } from './token-checks.js';

/** A claim that a token must have, and its value unless any will do. */
export interface RequiredClaim {
  readonly name: string;
  readonly value?: string;
}

const isAudience = (value: unknown) =>
  isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));

/** RFC 9068, 2.2. */
const RFC9068_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];
/** Beside what says for whom, and of whom, a token is: other claims than `aud` and `sub` may stand in for these. */
const JWT_CLAIMS = ['iss', 'exp'];

/** The types of claims that are checked (RFC 7519, 4.1), for those that are there. */
const claimTypes: readonly (readonly [name: string, hasType: (value: unknown) => boolean])[] = [
  ['iss', isText],
  ['sub', isText],
  ['exp', isTime],
  ['nbf', isTime],
  ['iat', isTime],
  ['jti', isText],
  // Some issuers write these empty when there is no client to name.
  ['client_id', (value) => typeof value === 'string'],
  ['azp', (value) => typeof value === 'string'],
  ['act', (value) => isActorClaim(value)],
];

/**
 * Whom a token is meant for: its `aud`, of whatever type and even if empty, when it has one (RFC 7519, 4.1.3). Only else
 * the claim that the rules name.
 */
export function audienceOf(claims: Claims, { audienceClaim }: TokenRules): unknown {
  return Object.hasOwn(claims, 'aud') ? claims.aud : claimAt(claims, audienceClaim);
}

/** The claims without which a token is refused, that it lacks. */
export function missingClaims({ claims }: AccessToken, rules: TokenRules): readonly string[] {
  const lacks = (name: string) => !Object.hasOwn(claims, name);
  const isStrict = rules.profile === 'rfc9068';
  const missing = (isStrict ? RFC9068_CLAIMS : JWT_CLAIMS).filter(lacks);
  if (!isStrict && audienceOf(claims, rules) === undefined) missing.push('aud');
  if (!isStrict && rules.subjectClaims.every(lacks)) missing.push('sub');
  return missing;
}

/** The claims that are of a type that they must not have. */
export function malformedClaims({ claims }: AccessToken, rules: TokenRules): readonly string[] {
  const malformed = claimTypes
    .filter(([name, hasType]) => Object.hasOwn(claims, name) && !hasType(claims[name]))
    .map(([name]) => name);
  if (!isAudience(audienceOf(claims, rules))) {
    malformed.push(Object.hasOwn(claims, 'aud') ? 'aud' : rules.audienceClaim);
  }
  const subject = rules.subjectClaims.find((name) => Object.hasOwn(claims, name)) ?? 'sub';
  if (!isText(claims[subject]) && !malformed.includes(subject)) malformed.push(subject);
  return malformed;
}

/** Whether there is the claim that is required: the value, a number or truth value so written, or a list with it. */
export function hasRequired(claims: Claims, { name, value }: RequiredClaim): boolean {
  const found = claimAt(claims, name);
  if (value === undefined) return found !== undefined && found !== null;
  const isValue = (one: unknown) =>
    ['string', 'number', 'boolean'].includes(typeof one) && String(one) === value;
  return Array.isArray(found) ? found.some(isValue) : isValue(found);
}
