import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import {
  apiSchema,
  applicationSchema,
  tenantSchema,
  userSchema,
  type Api,
  type Application,
  type ParsedTenant,
  type User,
} from './tenant.schema.js';

/** The tenant that comes with this package. */
export const TENANT_FILE = new URL('../tenant.json', import.meta.url);

/** Not for an API to define: they belong to OpenID Connect (Core 1.0, 5.4 and 11). */
export const OIDC_SCOPES: readonly string[] = ['openid', 'profile', 'email', 'offline_access'];

/** The tenant cannot be used; `faults` lists everything that is wrong with it. */
export class TenantError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(['The tenant cannot be used:', ...faults.map((fault) => `  - ${fault}`)].join('\n'));
    this.name = 'TenantError';
  }
}

/**
 * Reads a tenant from a JSON file.
 *
 * @throws TenantError with all faults when the file is missing, is no JSON or breaks a rule
 */
export function readTenant(file: string | URL): ParsedTenant {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new TenantError([`${String(file)} cannot be read`]);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new TenantError([`${String(file)} is not JSON: ${(error as Error).message}`]);
  }
  return parseTenant(json);
}

/**
 * Checks a tenant's form and that its parts fit together.
 *
 * @throws TenantError with all faults
 */
export function parseTenant(input: unknown): ParsedTenant {
  const parsed = tenantSchema.safeParse(input);
  const formal = parsed.success ? [] : parsed.error.issues.map(describeIssue);
  const faults = [...formal, ...findContradictions(input)];
  if (!parsed.success || faults.length > 0) throw new TenantError(faults);
  return parsed.data;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return `${path.replace(/^\./, '') || 'tenant'}: ${issue.message}`;
}

/** What the schema cannot say. Looks at well-formed entries only, so that it can report beside the schema's faults. */
function findContradictions(input: unknown): string[] {
  const apis = wellFormed(input, 'apis', apiSchema);
  const applications = wellFormed(input, 'applications', applicationSchema);
  const users = wellFormed(input, 'users', userSchema);
  return [
    ...apis.flatMap(apiFaults),
    ...applications.flatMap((application) => applicationFaults(application, apis)),
    ...users.flatMap((user) => unknownPermissions(`users "${user.id}".permissions`, user.permissions, apis)),
    ...duplicates('apis', apis.flatMap(namesOf), (name) => name),
    ...duplicates('applications', applications, (application) => application.clientId),
    ...duplicates('users', users, (user) => user.id),
    ...duplicates('users', users, (user) => user.email.toLowerCase()),
  ];
}

function wellFormed<Schema extends z.ZodType>(input: unknown, key: string, schema: Schema) {
  const list: unknown = (input as Record<string, unknown> | null | undefined)?.[key];
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry): z.output<Schema>[] => {
    const parsed = schema.safeParse(entry);
    return parsed.success ? [parsed.data] : [];
  });
}

function apiFaults(api: Api): string[] {
  const where = `apis "${api.identifier}".permissions`;
  return [
    ...duplicates(where, api.permissions, (permission) => permission.value),
    ...api.permissions
      .filter(({ value }) => OIDC_SCOPES.includes(value))
      .map(({ value }) => `${where}: "${value}" belongs to OpenID Connect`),
  ];
}

function applicationFaults(application: Application, apis: Api[]): string[] {
  const where = `applications "${application.clientId}"`;
  const machine = Object.keys(application.machinePermissions).length > 0;
  return [
    ...unknownPermissions(`${where}.machinePermissions`, application.machinePermissions, apis),
    ...(machine && !application.clientSecret
      ? [`${where}.machinePermissions: needs a clientSecret, a public application cannot act as itself`]
      : []),
    ...(!machine && application.redirectUris.length === 0
      ? [`${where}: needs redirectUris (users log in) or machinePermissions (acts as itself)`]
      : []),
  ];
}

function unknownPermissions(where: string, permissions: Record<string, string[]>, apis: Api[]): string[] {
  return Object.entries(permissions).flatMap(([identifier, values]) => {
    const api = apis.find((candidate) => candidate.identifier === identifier);
    if (!api) return [`${where}: there is no API "${identifier}"`];
    const known = new Set(api.permissions.map((permission) => permission.value));
    return values
      .filter((value) => !known.has(value))
      .map((value) => `${where}: API "${identifier}" has no permission "${value}"`);
  });
}

function duplicates<Entry>(where: string, entries: Entry[], keyOf: (entry: Entry) => string): string[] {
  const keys = entries.map(keyOf);
  return [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))].map(
    (key) => `${where}: "${key}" is there twice`,
  );
}

/** The user with this `sub`. */
export function findUser(tenant: ParsedTenant, id: string | undefined): User | undefined {
  return tenant.users.find((user) => user.id === id);
}

/** The application with this client id. */
export function findApplication(tenant: ParsedTenant, clientId: string | undefined): Application | undefined {
  return tenant.applications.find((application) => application.clientId === clientId);
}

/** All names by which an API can be asked for; the first is its identifier. */
export function namesOf({ identifier, urls }: Api): string[] {
  return [identifier, ...urls.flatMap((url) => [url.replace(/\/$/, ''), url.replace(/\/?$/, '/')])];
}

/** The API with this identifier or address. */
export function findApi(tenant: ParsedTenant, name: string): Api | undefined {
  return tenant.apis.find((api) => namesOf(api).includes(name));
}
