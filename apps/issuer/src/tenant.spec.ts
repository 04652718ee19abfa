import { assert, jsonValue, property } from 'fast-check';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTenant, readTenant, TENANT_FILE, TenantError } from './tenant.js';
import type { Tenant } from './tenant.schema.js';

const HASH = `scrypt$16384$8$1$${'s'.repeat(22)}$${'h'.repeat(43)}`;

function tenant(): Required<Tenant> {
  return {
    apis: [
      {
        identifier: 'https://api',
        name: 'API',
        permissions: [{ value: 'read:things', description: 'Read things' }],
      },
    ],
    applications: [{ clientId: 'web', name: 'Web', redirectUris: ['http://localhost:3000/callback'] }],
    users: [
      {
        id: 'auth0|alice',
        email: 'alice@example.com',
        name: 'Alice',
        passwordHash: HASH,
        permissions: { 'https://api': ['read:things'] },
      },
    ],
  };
}

function faultsOf(input: unknown): readonly string[] {
  try {
    parseTenant(input);
  } catch (error) {
    if (error instanceof TenantError) return error.faults;
    throw error;
  }
  return [];
}

describe('A tenant', () => {
  it('is accepted and completed with defaults', () => {
    const parsed = parseTenant(tenant());
    expect(parsed.apis[0]?.tokenLifetimeSeconds).toBe(3600);
    expect(parsed.applications[0]).toMatchObject({ refreshTokenRotation: true, hybridFlow: false });
  });

  it('of this package has no fault', () => {
    expect(readTenant(TENANT_FILE).users.map(({ id }) => id)).toEqual([
      'auth0|alice',
      'auth0|bob',
      'auth0|manager',
    ]);
  });

  it('with many faults names all of them, those of form and those of sense', () => {
    const broken = {
      ...tenant(),
      applications: [
        { clientId: 'web', name: 'Web', redirectUris: ['http://example.com/callback'] },
        { clientId: 'machine', name: 'Machine', machinePermissions: { 'https://api': ['write:things'] } },
      ],
      users: [
        ...tenant().users,
        ...tenant().users,
        { id: 'x', email: 'no address', name: 'X', passwordHash: 'secret' },
      ],
    };
    expect(faultsOf(broken)).toEqual([
      expect.stringContaining('applications[0].redirectUris[0]: must be an https URL'),
      expect.stringContaining('users[2].email'),
      expect.stringContaining('users[2].passwordHash: must be "scrypt$N$r$p$salt$hash"'),
      'applications "machine".machinePermissions: API "https://api" has no permission "write:things"',
      'applications "machine".machinePermissions: needs a clientSecret, a public application cannot act as itself',
      'users: "auth0|alice" is there twice',
      'users: "alice@example.com" is there twice',
    ]);
  });

  it.each<[string, (t: Required<Tenant>) => void, string]>([
    ['an unknown key', (t) => Object.assign(t, { rules: [] }), 'rules'],
    ['a permission twice', (t) => t.apis[0]!.permissions.push(t.apis[0]!.permissions[0]!), 'is there twice'],
    [
      'a permission of OpenID Connect',
      (t) => t.apis[0]!.permissions.push({ value: 'openid', description: 'x' }),
      '"openid" belongs to OpenID Connect',
    ],
    [
      'a permission with a space',
      (t) => t.apis[0]!.permissions.push({ value: 'read things', description: 'x' }),
      'without spaces',
    ],
    ['an API that is no URI', (t) => (t.apis[0]!.identifier = 'api'), 'absolute URI'],
    [
      'a redirect URI with a fragment',
      (t) => (t.applications[0]!.redirectUris = ['https://a.example/#x']),
      'fragment',
    ],
    [
      'a script as redirect URI',
      (t) => (t.applications[0]!.redirectUris = ['javascript:alert(1)']),
      'https URL',
    ],
    ['an application of no use', (t) => (t.applications[0]!.redirectUris = []), 'needs redirectUris'],
    ['a short client secret', (t) => (t.applications[0]!.clientSecret = 'short'), 'clientSecret'],
    [
      'permissions of an API that is not there',
      (t) => (t.users[0]!.permissions = { 'https://b': ['x'] }),
      'no API',
    ],
  ])('with %s is refused', (_case, spoil, message) => {
    const input = tenant();
    spoil(input);
    expect(faultsOf(input).join('\n')).toContain(message);
  });

  it('that is anything at all is refused with faults, never with another error', () => {
    assert(
      property(jsonValue(), (value) => {
        expect(faultsOf(value).length).toBeGreaterThan(0);
        expect(faultsOf({ apis: value, applications: [value], users: [value] }).length).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });

  it('in a file that is missing or no JSON is refused with the name of the file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tenant-'));
    try {
      const file = join(folder, 'tenant.json');
      expect(() => readTenant(file)).toThrow(`${file} cannot be read`);
      writeFileSync(file, '{');
      expect(() => readTenant(file)).toThrow(`${file} is not JSON`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
