import { load } from 'js-yaml';
import type { PermissionDescriptions } from '../../auth/index.js';
import { CommandError } from '../command.js';

/** An API as an issuer's tenant knows it. */
export interface TenantApi {
  readonly name: string;
  /** The audience of its tokens. */
  readonly identifier: string;
  readonly permissions: PermissionDescriptions;
  /** The form of the tokens: that of RFC 9068, or Auth0's own. */
  readonly profile: 'jwt' | 'rfc9068';
  /** Whether Auth0 puts the user's permissions into the token and grants no scope beyond them. */
  readonly enforcePermissions: boolean;
}

/** The API as a tenant file of auth0-deploy-cli. */
export function toAuth0Tenant(api: TenantApi): object {
  const dialect = api.profile === 'rfc9068' ? 'rfc9068_profile' : 'access_token';
  return {
    resourceServers: [
      {
        name: api.name,
        identifier: api.identifier,
        signing_alg: 'RS256',
        token_dialect: api.enforcePermissions ? `${dialect}_authz` : dialect,
        enforce_policies: api.enforcePermissions,
        scopes: toScopes(api.permissions),
      },
    ],
  };
}

/** The API as an entry of `apis` in the tenant file of the local issuer. */
export function toIssuerEntry({ identifier, name, permissions }: TenantApi): object {
  return { identifier, name, permissions: toScopes(permissions) };
}

function toScopes(permissions: PermissionDescriptions): object[] {
  return Object.entries(permissions).map(([value, description]) => ({ value, description }));
}

/** How a tenant differs from what the application needs. */
export interface TenantDifference {
  /** Permissions that the tenant lacks. */
  readonly missing: readonly string[];
  /** Permissions of the tenant that the application does not know. */
  readonly unknown: readonly string[];
}

interface Scope {
  readonly value?: unknown;
}
interface ApiEntry {
  readonly identifier?: unknown;
  readonly scopes?: unknown;
  readonly permissions?: unknown;
}

/**
 * Compares a tenant with the permissions of the application.
 *
 * @param text an export of auth0-deploy-cli, or a tenant file of the local issuer; YAML or JSON
 * @throws CommandError when it is neither, or does not know the API
 */
export function compareTenant(text: string, { identifier, permissions }: TenantApi): TenantDifference {
  const { resourceServers, apis } = parse(text) as { resourceServers?: unknown; apis?: unknown };
  const entries = resourceServers ?? apis;
  if (!Array.isArray(entries)) throw new CommandError('The file has neither resourceServers nor apis');
  const entry = (entries as (ApiEntry | null)[]).find((candidate) => candidate?.identifier === identifier);
  if (!entry) throw new CommandError(`The tenant has no API with the identifier ${identifier}`);
  const known = valuesOf(entry.scopes ?? entry.permissions ?? []);
  const needed = Object.keys(permissions);
  return {
    missing: needed.filter((name) => !known.includes(name)),
    unknown: known.filter((name) => !needed.includes(name)),
  };
}

function valuesOf(scopes: unknown): string[] {
  if (!Array.isArray(scopes)) throw new CommandError('The permissions of the API are not a list');
  return (scopes as (Scope | null)[]).map((scope) => {
    if (typeof scope?.value !== 'string') throw new CommandError('A permission of the API has no value');
    return scope.value;
  });
}

function parse(text: string): object {
  let document: unknown;
  try {
    document = load(text);
  } catch (error) {
    throw new CommandError('The file is neither YAML nor JSON', { cause: error });
  }
  if (typeof document !== 'object' || document === null) throw new CommandError('The file is no tenant');
  return document;
}
