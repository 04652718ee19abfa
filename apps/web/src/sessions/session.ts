/** Somebody who is logged in. Lives on this server only; the browser holds nothing but a random id. */
export interface Session {
  /** What the issuer says of the user: the ID token's claims and those of its userinfo endpoint. */
  readonly claims: Readonly<Record<string, unknown>> & { readonly sub: string };
  /** Permissions that the access token carries. */
  readonly permissions: readonly string[];
  readonly accessToken: string;
  /** Milliseconds since 1970. */
  readonly accessTokenExpiresAt: number;
  /** Absent when the issuer gave none: then an expired access token means a new login. */
  readonly refreshToken?: string;
  /** Seconds since 1970; however busy, the session ends then. */
  readonly endsAt: number;
}

/** The best name there is for a person: what they are called, their address, or the issuer's id. */
export function displayName({ claims }: Session): string {
  const names = [claims['name'], claims['email'], claims.sub];
  return names.find((name): name is string => typeof name === 'string' && name !== '') ?? claims.sub;
}
