/** The issuer cannot be reached or answers nonsense. Says nothing about the user; trying later may help. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable';
}

/** The issuer refuses what we present to it, such as a refresh token of a revoked grant (RFC 6749, 5.2). */
export class RefusedByIssuer extends Error {
  override readonly name = 'RefusedByIssuer';
}

/** The user did not let this application have what it asked for (`access_denied`, RFC 6749, 4.1.2.1). */
export class LoginDeclined extends Error {
  override readonly name = 'LoginDeclined';

  /**
   * @param permissions what was asked for
   * @param returnTo the page that they were needed for
   */
  constructor(
    readonly permissions: readonly string[],
    readonly returnTo: string,
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

/** A login that cannot be completed. The message is for the user and holds nothing secret. */
export class LoginFailed extends Error {
  override readonly name = 'LoginFailed';
}
