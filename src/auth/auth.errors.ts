import { ProblemException, ServiceUnavailable } from '../problems/problem.exception.js';

/**
 * Why an access token is refused: a closed list of reasons, each with the `error_description` that the client sees
 * (RFC 6750, 3). The reason goes to logs and metrics; no text ever holds a part of the token.
 */
export const refusals = {
  malformed_token: 'The access token is malformed',
  encrypted_token: 'The access token is encrypted; a signed one is needed',
  unsupported_algorithm: 'The access token is not signed with an algorithm that is allowed',
  unsupported_header: 'The access token has a header parameter that is not supported',
  unsupported_type: 'The token is not of the type of an access token',
  not_an_access_token: 'The token is not an access token',
  sender_constrained_token: 'The access token is bound to a key and cannot be used as a bearer token',
  unverifiable_binding: 'The access token is bound to its sender in a way that cannot be verified here',
  binding_required: 'The access token must be bound to a key of its sender here',
  missing_certificate:
    'The access token is bound to a TLS client certificate, which did not come with the request',
  wrong_certificate: 'The access token is bound to another TLS client certificate',
  unbound_token: 'The access token is not bound to a key, and may not be used with a DPoP proof',
  wrong_proof_key: 'The access token is bound to another key than that of the DPoP proof',
  missing_claim: 'The access token lacks a required claim',
  invalid_claim: 'The access token has a claim of the wrong type',
  wrong_issuer: 'The access token was issued by another issuer',
  wrong_audience: 'The access token is meant for another audience',
  required_claim: 'The access token lacks a claim, or its value, that is demanded here',
  revoked_token: 'The access token has been revoked',
  token_expired: 'The access token has expired',
  token_not_yet_valid: 'The access token is not valid yet',
  issued_in_future: 'The access token was issued in the future',
  unknown_key: 'The access token is signed with a key that the issuer does not publish',
  key_of_other_algorithm: 'The access token is signed with another algorithm than its key serves',
  bad_signature: 'The signature of the access token does not fit',
} as const;

/** One of the reasons for refusing an access token. */
export type RefusalReason = keyof typeof refusals;

/** An error of the bearer scheme. `ChallengeFilter` writes `challenge` as the parameters of WWW-Authenticate. */
export abstract class AuthError extends ProblemException {
  /** What exactly was wrong, from a closed list, for logs and metrics. */
  abstract readonly reason: string;
  /** The parameters of the challenge, besides `resource_metadata` (RFC 6750, 3). */
  abstract readonly challenge: Readonly<Record<string, string>>;
}

/** The request has no credentials of a scheme that is known here: a bare challenge, without an error code (RFC 6750, 3.1). */
export class MissingToken extends AuthError {
  readonly reason = 'missing_token';
  readonly challenge = {};

  constructor() {
    super('missing_token');
  }
}

/** The credentials are malformed, repeated, or sent in more than one way (RFC 6750, 3.1). */
export class InvalidRequest extends AuthError {
  readonly reason = 'invalid_request';
  readonly challenge: Readonly<Record<string, string>>;

  /** @param place where the fault is: in the Authorization header, or in a query or body, which any web page can make */
  constructor(
    description: string,
    readonly place: 'header' | 'elsewhere' = 'header',
  ) {
    super({ code: 'invalid_request', detail: description });
    this.challenge = { error: 'invalid_request', error_description: description };
  }
}

/** The access token is expired, forged, malformed or not for us (RFC 6750, 3.1). */
export class InvalidToken extends AuthError {
  readonly challenge: Readonly<Record<string, string>>;

  constructor(
    readonly reason: RefusalReason,
    options?: ErrorOptions,
  ) {
    super({ code: 'invalid_token', detail: refusals[reason] }, {}, options);
    this.challenge = { error: 'invalid_token', error_description: refusals[reason] };
  }
}

/** The access token is genuine but lacks a scope that the route needs (RFC 6750, 3.1). */
export class InsufficientScope extends AuthError {
  readonly reason = 'insufficient_scope';
  readonly challenge: Readonly<Record<string, string>>;

  constructor(required: readonly string[]) {
    super('insufficient_scope');
    this.challenge = {
      error: 'insufficient_scope',
      error_description: this.message,
      scope: required.join(' '),
    };
  }
}

/** The token is genuine, but by it somebody acts for its subject, who must act in person here. */
export class DelegatedToken extends ProblemException {
  constructor() {
    super('delegated_token');
  }
}

/** Why a login does not suffice, with the `error_description` that the client sees (RFC 9470, 3). */
export const authenticationRefusals = {
  old_authentication: 'The user must have logged in more recently',
  other_authentication: 'The user must log in in another way',
} as const;

/** The access token is genuine, but its user did not log in as the route asks; the client has them log in (RFC 9470, 3). */
export class InsufficientUserAuthentication extends AuthError {
  readonly challenge: Readonly<Record<string, string>>;

  /**
   * @param acrValues what `acr` the login may have, the most welcome first
   * @param maxAge how old it may be, in seconds
   */
  constructor(
    readonly reason: keyof typeof authenticationRefusals,
    acrValues: readonly string[],
    maxAge?: number,
  ) {
    super({ code: 'insufficient_user_authentication', detail: authenticationRefusals[reason] });
    this.challenge = {
      error: 'insufficient_user_authentication',
      error_description: authenticationRefusals[reason],
      ...(acrValues.length > 0 && { acr_values: acrValues.join(' ') }),
      ...(maxAge !== undefined && { max_age: String(maxAge) }),
    };
  }
}

/** The issuer's keys cannot be had and no usable ones are left, so nobody's token can be judged: 503, not 401. */
export class KeysUnavailable extends ServiceUnavailable {
  constructor(retryAfterSeconds: number, options?: ErrorOptions) {
    super('keys_unavailable', retryAfterSeconds, options);
  }
}
