import { randomBytes } from 'node:crypto';

/** Something failed that the log knows more of than the user. */
export abstract class ReportedError extends Error {
  /** Stands both in the log and on the page, so that whoever looks into it finds one by the other. */
  readonly reference = randomBytes(6).toString('hex');
}

/** The issuer cannot be reached or answers nonsense. Says nothing about the user; trying later may help. */
export class IssuerUnavailable extends ReportedError {
  override readonly name = 'IssuerUnavailable';
}

/** The issuer refuses a code or refresh token: it has expired, is used or revoked (`invalid_grant`, RFC 6749, 5.2). */
export class GrantRefused extends ReportedError {
  override readonly name = 'GrantRefused';
}

/**
 * The fault is this application's, or its agreement with the issuer or the API: a wrong secret, a scope that is not
 * registered, clocks that differ. No user can help it, and trying again does not either.
 */
export class ServiceFault extends ReportedError {
  override readonly name = 'ServiceFault';
}

/** A login that cannot be completed. The message is for the user and holds nothing secret. */
export class LoginFailed extends ReportedError {
  override readonly name = 'LoginFailed';
}

/** The issuer, or the user, said no (`access_denied`, RFC 6749, 4.1.2.1). */
export class AccessDenied extends ReportedError {
  override readonly name = 'AccessDenied';

  /** @param reason the issuer's own words; empty when it gave none */
  constructor(readonly reason: string) {
    super('Access was denied');
  }
}

/** The user did not let this application have what it asked for. */
export class LoginDeclined extends Error {
  override readonly name = 'LoginDeclined';

  /**
   * @param permissions what was asked for and is not there already
   * @param returnTo the page that they were needed for
   * @param loggedIn whether the user has a session all the same
   */
  constructor(
    readonly permissions: readonly string[],
    readonly returnTo: string,
    readonly loggedIn: boolean,
  ) {
    super('The user declined');
  }
}

/** The user is logged in, but the issuer left out permissions: it does not let this user, or application, have them. */
export class NotGranted extends Error {
  override readonly name = 'NotGranted';

  /** @param returnTo the page that they were needed for */
  constructor(
    readonly permissions: readonly string[],
    readonly returnTo: string,
  ) {
    super('The issuer did not grant all that was asked for');
  }
}

/** The browser does not send back the cookies that were set a moment ago. */
export class CookiesRefused extends Error {
  override readonly name = 'CookiesRefused';

  /** @param returnTo the page that the login was for */
  constructor(readonly returnTo: string) {
    super('The browser keeps no cookies');
  }
}
