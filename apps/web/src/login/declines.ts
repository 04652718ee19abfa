/**
 * What issuers say when it was the user who said no. `access_denied` means that, and also that the issuer itself will
 * not have the user (RFC 6749, 4.1.2.1): only the description tells, when there is one.
 */
const BY_THE_USER = [
  /^$/,
  /^AADSTS65004\b/,
  /^user did not authorize the request\b/i,
  /^(the )?(end[- ]?|resource )?(user|owner) (declined|denied|canceled|cancelled|did not consent|aborted)\b/i,
  /^the user did not allow the application what it asked for$/i,
];

/**
 * Whether it was the user who said no, as far as that can be told.
 *
 * @param reason the description of an `access_denied`; empty when there was none
 */
export function declinedByUser(reason: string): boolean {
  return BY_THE_USER.some((pattern) => pattern.test(reason));
}
