import { Injectable } from '@nestjs/common';
import { ProblemException } from '../../problems/problem.exception.js';
import { InvalidToken } from '../auth.errors.js';
import type { TrustedIssuer } from '../issuers/trusted-issuer.js';
import { TrustedIssuers } from '../issuers/trusted-issuers.js';
import { algorithmNamed, type SigningAlgorithm, verifySignature } from '../keys/algorithms.js';
import { type AccessToken, hasUnsupportedHeader, parseAccessToken } from './access-token.js';
import { isObject, isText, isTextOrAbsent, isTime } from './claims.js';

/** What an issuer says by a logout token (OpenID Connect Back-Channel Logout 1.0, 2.4). */
export interface LogoutNotice {
  /** What the issuer is called here. */
  readonly issuer: string;
  /** The `jti`, by which a notice that comes twice is known. */
  readonly id: string;
  /** Whom it is about: the `sub`. */
  readonly subject?: string;
  /** The session that ended; without one, all of the subject's. */
  readonly session?: string;
  /** When it was issued: seconds since 1970-01-01T00:00:00Z. */
  readonly issuedAt: number;
}

/** Why a logout token is refused: a closed list. No text ever holds a part of the token. */
export const logoutRefusals = {
  malformed: 'The logout token is malformed',
  algorithm: 'The logout token is not signed with an algorithm that is allowed',
  header: 'The logout token has a header parameter that is not supported',
  type: 'The token is not of the type of a logout token',
  claim: 'The logout token lacks a required claim, or has one of the wrong type',
  events: 'The logout token does not tell of a logout',
  nonce: 'A logout token has no nonce',
  issuer: 'The logout token was issued by another issuer',
  audience: 'The logout token is meant for another audience',
  expired: 'The logout token has expired',
  old: 'The logout token was issued too long ago',
  future: 'The logout token was issued in the future',
  signature: 'The signature of the logout token does not fit',
  replayed: 'The logout token has been used before',
} as const;

/** 400: what was sent is no logout token of a trusted issuer for this API (OpenID Connect Back-Channel Logout 1.0, 2.8). */
export class InvalidLogoutToken extends ProblemException {
  constructor(readonly reason: keyof typeof logoutRefusals) {
    super({ code: 'invalid_logout_token', detail: logoutRefusals[reason] });
  }
}

/** How long ago a logout token may have been issued, in seconds: issuers send them at once. */
const MAX_AGE_SECONDS = 600;
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const TYPES = new Set(['logout+jwt', 'application/logout+jwt', 'jwt', 'application/jwt']);

type Check = (token: AccessToken, issuer: TrustedIssuer, nowSeconds: number) => boolean;

/** All that shows on the face of a token, in the order in which it is checked; the signature comes last. */
const checks: readonly (readonly [reason: keyof typeof logoutRefusals, passes: Check])[] = [
  [
    'algorithm',
    ({ header }, { rules }) => rules.algorithms.includes(algorithmNamed(header.alg) as SigningAlgorithm),
  ],
  ['header', (token) => !hasUnsupportedHeader(token)],
  [
    'type',
    ({ header: { typ } }) => typ === undefined || (typeof typ === 'string' && TYPES.has(typ.toLowerCase())),
  ],
  ['malformed', ({ header: { kid } }) => isTextOrAbsent(kid)],
  [
    'claim',
    ({ claims: { iss, jti, iat, exp, sub, sid } }) =>
      isText(iss) &&
      isText(jti) &&
      isTime(iat) &&
      isTime(exp) &&
      isTextOrAbsent(sub) &&
      isTextOrAbsent(sid) &&
      (sub !== undefined || sid !== undefined),
  ],
  ['events', ({ claims: { events } }) => isObject(events) && isObject(events[LOGOUT_EVENT])],
  ['nonce', ({ claims }) => !Object.hasOwn(claims, 'nonce')],
  ['issuer', ({ claims }, { rules }) => rules.issuers.includes(claims.iss as string)],
  [
    'audience',
    ({ claims }, { rules }) => [claims.aud].flat().some((name) => rules.audiences.includes(name as string)),
  ],
  ['expired', ({ claims }, { rules }, now) => now < (claims.exp as number) + rules.clockToleranceSeconds],
  [
    'old',
    ({ claims }, { rules }, now) =>
      now < (claims.iat as number) + MAX_AGE_SECONDS + rules.clockToleranceSeconds,
  ],
  ['future', ({ claims }, { rules }, now) => (claims.iat as number) <= now + rules.clockToleranceSeconds],
];

/** Verifies the logout tokens of the trusted issuers (OpenID Connect Back-Channel Logout 1.0, 2.6). */
@Injectable()
export class LogoutTokens {
  constructor(private readonly issuers: TrustedIssuers) {}

  /**
   * @throws InvalidLogoutToken
   * @throws KeysUnavailable when it cannot be judged now
   */
  async verify(text: string): Promise<LogoutNotice> {
    const token = parse(text);
    const issuer = this.issuers.named(token.claims.iss) ?? this.issuers.all[0];
    const now = Date.now() / 1000;
    for (const [reason, passes] of checks) {
      if (!passes(token, issuer, now)) throw new InvalidLogoutToken(reason);
    }
    const algorithm = algorithmNamed(token.header.alg) as SigningAlgorithm;
    const candidates = await keysFor(issuer, token.header.kid as string | undefined, algorithm);
    const isSigned = candidates.some((one) =>
      verifySignature(one.algorithm, one.key, token.signingInput, token.signature),
    );
    if (!isSigned) throw new InvalidLogoutToken('signature');
    // The issuer may have become known meanwhile, and with it the one spelling of its name.
    if (!issuer.rules.issuers.includes(token.claims.iss as string)) throw new InvalidLogoutToken('issuer');
    const { jti, sub, sid, iat } = token.claims as { jti: string; sub?: string; sid?: string; iat: number };
    return { issuer: issuer.name, id: jti, subject: sub, session: sid, issuedAt: iat };
  }
}

function parse(text: string) {
  try {
    return parseAccessToken(text);
  } catch (error) {
    throw error instanceof InvalidToken ? new InvalidLogoutToken('malformed') : error;
  }
}

/** What is wrong with a key is said of access tokens; here it is all one. */
async function keysFor(issuer: TrustedIssuer, kid: string | undefined, algorithm: SigningAlgorithm) {
  try {
    return await issuer.keys.find(kid, algorithm);
  } catch (error) {
    throw error instanceof InvalidToken ? new InvalidLogoutToken('signature') : error;
  }
}
