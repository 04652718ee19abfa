import { z } from 'zod';
import { isPasswordHash } from './passwords.js';

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/** https, or http on this machine; no fragment (RFC 6749, 3.1.2) and no credentials. */
const applicationUrl = z.string().refine(
  (value) => {
    const url = URL.parse(value);
    if (!url || value.includes('#') || url.username || url.password) return false;
    return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname));
  },
  { error: 'must be an https URL, or an http URL on localhost, without a fragment' },
);

/** A scope token of RFC 6749, 3.3. */
const permissionName = z
  .string()
  .regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, 'must be visible ASCII without spaces, quotes and backslashes');

const name = z.string().min(1);

const permissionsByApi = z.record(z.string(), z.array(permissionName));

/** What the issuer can sign access tokens with. */
export const SIGNING_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
/** One of these algorithms. */
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** An API, and what can be allowed there. */
export const apiSchema = z.strictObject({
  /** The audience of the access tokens: an absolute URI without a fragment (RFC 8707, 2). */
  identifier: z.string().refine((value) => URL.canParse(value) && !value.includes('#'), {
    error: 'must be an absolute URI without a fragment',
  }),
  name,
  /** Where the API is: it may be asked for by these as well (`resource`, RFC 8707), with and without a slash at the end. */
  urls: z.array(applicationUrl).default([]),
  /** Where the API is told that somebody logged out or took a consent back (OpenID Connect Back-Channel Logout 1.0). */
  backchannelLogoutUri: applicationUrl.optional(),
  /** The algorithm of the access tokens for this API (RFC 7518, 3.1; RFC 8037, 3.1). */
  signingAlgorithm: z.enum(SIGNING_ALGORITHMS).default('RS256'),
  permissions: z.array(z.strictObject({ value: permissionName, description: name })),
  /** Life of an access token for this API, in seconds. Default 3600. */
  tokenLifetimeSeconds: z.int().min(1).max(86_400).default(3600),
});

/** An application (client, RFC 6749, 2) that users log in with, or that acts as itself. */
export const applicationSchema = z.strictObject({
  clientId: z.string().regex(/^[\w.-]+$/, 'may have letters, digits, ".", "_" and "-" only'),
  name,
  /** Absent: a public application, which must use PKCE (RFC 7636). */
  clientSecret: z.string().min(16).optional(),
  redirectUris: z.array(applicationUrl).default([]),
  postLogoutRedirectUris: z.array(applicationUrl).default([]),
  /** Where the application is told that somebody logged out or took their consent back. */
  backchannelLogoutUri: applicationUrl.optional(),
  /** Where the application begins a login (`initiate_login_uri`, OpenID Connect Core, 4). */
  initiateLoginUri: applicationUrl.optional(),
  /** `false` for old clients that send no PKCE (RFC 7636). */
  pkceRequired: z.boolean().default(true),
  /** Lets the application ask for `code id_token` beside `code`. */
  hybridFlow: z.boolean().default(false),
  /** `false` for clients that go on using their first refresh token. */
  refreshTokenRotation: z.boolean().default(true),
  /** What the application may do as itself (client_credentials), by API identifier. */
  machinePermissions: permissionsByApi.default({}),
});

/** Somebody who can log in. */
export const userSchema = z.strictObject({
  /** The `sub` of the user's tokens. */
  id: name,
  email: z.email(),
  name,
  passwordHash: z.string().refine(isPasswordHash, { error: 'must be "scrypt$N$r$p$salt$hash"' }),
  /** The sample password in clear, for whoever tries the lab. */
  hint: z.string().optional(),
  /** What the user may allow an application to do for them, by API identifier. */
  permissions: permissionsByApi.default({}),
});

/** A tenant file. That its parts fit together is checked by `parseTenant`. */
export const tenantSchema = z.strictObject({
  apis: z.array(apiSchema),
  applications: z.array(applicationSchema),
  users: z.array(userSchema),
});

/** An API with its defaults, as the issuer works with it; so are the types below. */
export type Api = z.output<typeof apiSchema>;
export type Application = z.output<typeof applicationSchema>;
export type User = z.output<typeof userSchema>;
/** A tenant as it is written down; what has a default may be left out. */
export type Tenant = z.input<typeof tenantSchema>;
/** A tenant with its defaults, as the issuer works with it. */
export type ParsedTenant = z.output<typeof tenantSchema>;
