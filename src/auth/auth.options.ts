import type { IssuerOptions } from './issuers/issuer.options.js';
import type { DpopOptions } from './proof/dpop.options.js';
import type { KeySetReader } from './keys/key-fetcher.js';

/** What holds for the tokens of every issuer. */
export interface SharedAuthOptions {
  /** Clock difference that is forgiven, in seconds. Default 10. */
  readonly clockToleranceSeconds?: number;
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
  /**
   * Routes that are registered past Nest's controllers, where no guard sees them, each as in `GET /metrics`: method and
   * path as Fastify was given them. The application does not start with one that is not listed here.
   */
  readonly unguardedRoutes?: readonly string[];
  /** How access tokens that are bound to a client's key are taken (RFC 9449). */
  readonly dpop?: DpopOptions;
  /**
   * SHA-256, in base64url, of the TLS client certificate with which a request came, for tokens that are bound to one
   * (RFC 8705, 3). Without it they are refused. Behind a proxy it must be what the proxy says, and never the client.
   */
  readonly certificateOf?: (request: unknown) => string | undefined;
  /** What this API is called for people, in its metadata (RFC 9728, 2). */
  readonly resourceName?: string;
  /** A page for developers about this API, in its metadata (RFC 9728, 2). */
  readonly resourceDocumentation?: string;
  /**
   * Where clients find the metadata of this resource (RFC 9728); named in every challenge. The resource that it belongs to,
   * which is the address of this API, is an audience by itself, with and without a slash at its end.
   */
  readonly resourceMetadataUrl?: string;
}

/**
 * How the resource server tells good access tokens from others: the options of its issuer, or a list of issuers with
 * their own, and what holds for all.
 */
export type AuthOptions = SharedAuthOptions &
  (IssuerOptions | { readonly issuers: readonly [IssuerOptions, ...IssuerOptions[]] });

/** The clock difference that is forgiven unless the options say otherwise, in seconds. */
export const DEFAULT_CLOCK_TOLERANCE_SECONDS = 10;

/** Injection token of the `AuthOptions`. */
export const AUTH_OPTIONS = Symbol('auth:options');

/** The issuers that options name, one or several. */
export function issuersOf(options: AuthOptions): readonly [IssuerOptions, ...IssuerOptions[]] {
  return 'issuers' in options ? options.issuers : [options];
}
