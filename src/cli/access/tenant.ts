import { load } from 'js-yaml';
import type { PermissionDescriptions } from '../../auth/index.js';
import { CommandError } from '../../process/command.js';

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

/** Who in the local issuer's tenant gets permissions that are new: its machine client, and the user of most examples. */
const TRUSTED = new Set(['lab-cli', 'auth0|alice']);

type Grants = Record<string, string[]>;
interface LocalTenant {
  readonly apis: { readonly identifier: string; permissions: { readonly value: string }[] }[];
  readonly applications: { readonly clientId: string; readonly machinePermissions?: Grants }[];
  readonly users: { readonly id: string; readonly permissions: Grants }[];
}

/**
 * The tenant file of the local issuer with the permissions of the code: those that it lacks are added to its first API,
 * and granted to the machine client and to Alice; those that the code no longer has are taken from everybody.
 *
 * @param text JSON
 */
export function updateLocalTenant(text: string, permissions: PermissionDescriptions): string {
  const tenant = JSON.parse(text) as LocalTenant;
  const [api] = tenant.apis;
  if (!api) throw new CommandError('The tenant of the local issuer has no API');
  const known = api.permissions.filter(({ value }) => value in permissions);
  const added = Object.keys(permissions).filter((name) => !known.some(({ value }) => value === name));
  // What there is keeps its words: the issuer's consent page may say it in its own.
  api.permissions = [...known, ...added.map((value) => ({ value, description: permissions[value] }))];
  const holders = [
    ...tenant.applications.map(({ clientId, machinePermissions }) => ({
      id: clientId,
      grants: machinePermissions,
    })),
    ...tenant.users.map(({ id, permissions: grants }) => ({ id, grants })),
  ];
  for (const { id, grants } of holders) {
    const held = grants?.[api.identifier];
    if (!grants || !held) continue;
    const kept = held.filter((value) => value in permissions);
    grants[api.identifier] = TRUSTED.has(id) ? [...kept, ...added] : kept;
  }
  return toLines(tenant);
}

const LINE_LENGTH = 110;

/** JSON in which a list or object without others inside is one line, if it fits, as the formatter of the project has it. */
function toLines(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  const innermost = /^( *)(.*)([[{])\n\s*([^[\]{}]*?)\n\s*([\]}],?)$/gm;
  const collapsed = text.replaceAll(
    innermost,
    (lines, indent: string, key: string, open: string, content: string, close: string) => {
      const space = open === '{' ? ' ' : '';
      const line = `${indent}${key}${open}${space}${content.replaceAll(/\n\s*/g, ' ')}${space}${close}`;
      return line.length <= LINE_LENGTH ? line : lines;
    },
  );
  return `${collapsed}\n`;
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
