import type { KeySetReader } from './keys/key-fetcher.js';

/** How the resource server tells good access tokens from others. */
export interface AuthOptions {
  /** The issuer's URL; its metadata is looked up there (OpenID Connect Discovery 1.0). https unless on this machine. */
  readonly issuerBaseUrl: string;
  /** The names of this API, at least one; a token's `aud` must hold one of them. */
  readonly audiences: readonly string[];
  /** Where the key set is; given, there is no discovery. */
  readonly jwksUri?: string;
  /** The exact `iss` of the tokens when there is no discovery. Default: issuerBaseUrl with one trailing slash. */
  readonly issuer?: string;
  /** Clock difference that is forgiven, in seconds. Default 5. */
  readonly clockToleranceSeconds?: number;
  /** `rfc9068` makes `typ: at+jwt` and the claims of RFC 9068, 2.2 mandatory. Default `jwt`. */
  readonly profile?: 'jwt' | 'rfc9068';
  /** Which claims grant scopes; see `grantedScopes`. Default `scope`. */
  readonly grantsFrom?: GrantsFrom;
  /** How many verified access tokens are remembered; 0 verifies every request anew. Default 10000. */
  readonly verifiedTokens?: number;
  /**
   * Least time between two fetches of the key set caused by an unknown `kid`, in milliseconds. Default 30000.
   * Without it, anyone could make us call the issuer by sending random `kid` values.
   */
  readonly keyCooldownMs?: number;
  /** Age at which the key set is fetched anew when the issuer's Cache-Control says nothing, in seconds. Default 600. */
  readonly keyMaxAgeSeconds?: number;
  /** How long the last good key set serves while the issuer cannot be reached, in seconds. Default 86400. */
  readonly keyMaxStaleSeconds?: number;
  /** Reads the key set in place of our own few lines, as `readKeySetByJwksClient` does by jwks-rsa. */
  readonly keySetReader?: KeySetReader;
  /** Where clients find the metadata of this resource (RFC 9728); named in every challenge. */
  readonly resourceMetadataUrl?: string;
}

/** `scope` alone, or together with Auth0's `permissions` claim: what either grants, or only what both do. */
export type GrantsFrom = 'scope' | 'scope_or_permissions' | 'scope_and_permissions';

/** Injection token of the `AuthOptions`. */
export const AUTH_OPTIONS = Symbol('auth:options');
