/** Nobody is logged in, or the login has ended. Leads to the login, never to an error page. */
export class LoginNeeded extends Error {
  override readonly name = 'LoginNeeded';
}

/** A form came without the token of the session it was made for: another site's, or left open over a login. */
export class FormOutOfDate extends Error {
  override readonly name = 'FormOutOfDate';
}
