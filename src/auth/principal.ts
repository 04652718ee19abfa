/** Who calls, as far as a verified access token tells. Deeply frozen; the token itself is not on it. */
export interface Principal {
  /** The `sub` claim: the user, or for a machine token the client (RFC 9068, 2.2). */
  readonly subject: string;
  /** `client_id` (RFC 9068), else `azp` (Auth0): the application that the token was issued to. */
  readonly clientId?: string;
  /** `client` when the token was issued to an application for itself (client credentials), else `user`. */
  readonly kind: 'user' | 'client';
  /** The granted scopes, without duplicates. */
  readonly scopes: readonly string[];
  /** The `exp` claim: seconds since 1970-01-01T00:00:00Z. */
  readonly expiresAt: number;
  /** The `jti` claim, if there is one. */
  readonly tokenId?: string;
  /** All claims of the token. */
  readonly claims: Readonly<Record<string, unknown>>;
}
