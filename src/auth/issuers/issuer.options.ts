/** How good access tokens of one issuer are told from others, and what they grant. docs/issuers.md has examples. */
export interface IssuerOptions {
  /**
   * The issuer's URL; its metadata are looked up there (OpenID Connect Discovery 1.0, else RFC 8414). https unless on this
   * machine.
   */
  readonly issuerBaseUrl: string;
  /** The names of this API, at least one; a token's `aud` must hold one of them. */
  readonly audiences: readonly string[];
  /** Where the key set is; given, there is no discovery. */
  readonly jwksUri?: string;
  /**
   * The exact `iss` of the tokens, any StringOrURI, or several names of one and the same issuer. Default: what discovery
   * says, which must be issuerBaseUrl but for one slash at its end; with jwksUri, issuerBaseUrl with that slash.
   */
  readonly issuer?: string | readonly string[];
  /**
   * What tokens may be signed with: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA (Ed25519).
   * Default RS256. A key without `alg` serves the first of them that fits.
   */
  readonly algorithms?: readonly string[];
  /** The claim that must hold one of the audiences in a token without `aud`, as `client_id`. Default: none. */
  readonly audienceClaim?: string;
  /** Claims that a token must have: `name=value`, or a name alone. A list has a value when one of its members is it. */
  readonly requiredClaims?: readonly string[];
  /** `rfc9068` makes `typ: at+jwt` and the claims of RFC 9068, 2.2 mandatory. Default `jwt`. */
  readonly profile?: TokenProfile;
  /** Which claims grant scopes; see `grantedScopes`. Default `scope`. */
  readonly grantsFrom?: GrantsFrom;
  /** What the issuer puts before its scopes; a scope without it grants nothing. Default: nothing. */
  readonly scopePrefix?: string;
  /** The claim that `grantsFrom` reads beside scopes: its name, else a path as `realm_access.roles`. Default `permissions`. */
  readonly permissionsClaim?: string;
  /** Who a token stands for: the first of these claims that is there. Default `sub`. */
  readonly subjectClaim?: string | readonly string[];
}

/** The form that access tokens must have. */
export type TokenProfile = 'jwt' | 'rfc9068';

/**
 * `scope` alone, or together with the claim of permissions (Auth0's `permissions` unless `permissionsClaim` says
 * otherwise): what either grants, or only what both do.
 */
export type GrantsFrom = 'scope' | 'scope_or_permissions' | 'scope_and_permissions';
