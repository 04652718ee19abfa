import { readFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { parseTenant } from '../../apps/issuer/src/tenant.js';
import { toHttpFile } from '../../src/cli/access/http-file.js';
import { toJson, toManifest, toText } from '../../src/cli/access/manifest.js';
import {
  compareTenant,
  toAuth0Tenant,
  toIssuerEntry,
  updateLocalTenant,
} from '../../src/cli/access/tenant.js';
import { CommandError } from '../../src/process/command.js';
import { readAccess } from '../../src/cli/read-access.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createTestApp } from '../support/test-app.js';

const api = {
  name: 'Expenses API',
  identifier: 'https://expenses-api',
  permissions: { 'read:reports': 'Read reports', 'create:expenses': 'Add expenses' },
  profile: 'jwt',
  enforcePermissions: false,
} as const;

describe('access.json', () => {
  it('is what the decorators say; after a change, review it and run: npm run access -- --update', async () => {
    expect(await readFile('access.json', 'utf8')).toBe(toJson(toManifest(await readAccess())));
  });

  it('has one line a route', async () => {
    const text = await readFile('access.json', 'utf8');
    expect(text.match(/^ {2}\{.*\},?$/gm)).toHaveLength((JSON.parse(text) as unknown[]).length);
  });
});

describe('the manifest as text', () => {
  it('has one line a route with method, path and rule', () => {
    const manifest = [
      { method: 'GET', path: '/', access: 'read:reports', optional: ['read:all_reports'] },
      { method: 'DELETE', path: '/expenses/:id', access: 'delete:expenses' },
    ];
    expect(toText(manifest)).toBe(
      'GET     /              read:reports (optional: read:all_reports)\n' +
        'DELETE  /expenses/:id  delete:expenses\n',
    );
  });
});

describe('comparing a tenant', () => {
  it('finds no difference in what is generated for Auth0 and for the local issuer', () => {
    const none = { missing: [], unknown: [] };
    expect(compareTenant(JSON.stringify(toAuth0Tenant(api)), api)).toEqual(none);
    expect(compareTenant(JSON.stringify({ apis: [toIssuerEntry(api)] }), api)).toEqual(none);
  });

  it('finds what an export in YAML lacks and has too much', () => {
    const text = `
resourceServers:
  - name: Another
    identifier: https://another
  - name: Expenses API
    identifier: https://expenses-api
    scopes:
      - value: read:reports
        description: Read reports
      - value: burn:reports
tenant: {}
`;
    expect(compareTenant(text, api)).toEqual({ missing: ['create:expenses'], unknown: ['burn:reports'] });
  });

  it.each([
    ['no document', ''],
    ['a list', '[]'],
    ['another document', 'clients: []'],
    ['no list of APIs', 'apis: 1'],
    ['another API only', 'apis: [{ identifier: "https://another" }, null]'],
    ['no list of permissions', 'apis: [{ identifier: "https://expenses-api", permissions: 1 }]'],
    ['a permission without value', 'apis: [{ identifier: "https://expenses-api", permissions: [{}] }]'],
    ['neither YAML nor JSON', '{'],
  ])('refuses %s', (_title, text) => {
    expect(() => compareTenant(text, api)).toThrow(CommandError);
  });
});

describe("the tenant of the lab's issuer", () => {
  const file = 'apps/issuer/tenant.json';

  it('has the permissions of the code; after a change, review it and run: npm run access -- --update', async () => {
    const text = await readFile(file, 'utf8');
    expect(updateLocalTenant(text, (await readAccess()).permissions)).toBe(text);
  });

  it('gets a new permission for the machine client and Alice, and for nobody else', async () => {
    const text = await readFile(file, 'utf8');
    const { permissions } = await readAccess();
    const tenant = parseTenant(
      JSON.parse(updateLocalTenant(text, { ...permissions, 'create:invoices': 'Write invoices' })),
    );
    expect(tenant.apis[0]?.permissions.at(-1)).toEqual({
      value: 'create:invoices',
      description: 'Write invoices',
    });
    const holders = [
      ...tenant.applications.map(
        ({ clientId, machinePermissions }) => [clientId, machinePermissions] as const,
      ),
      ...tenant.users.map((user) => [user.id, user.permissions] as const),
    ].filter(([, grants]) => grants[api.identifier]?.includes('create:invoices'));
    expect(holders.map(([id]) => id)).toEqual(['lab-cli', 'auth0|alice']);
  });

  it('loses a permission that the code no longer has, whoever holds it', async () => {
    const text = await readFile(file, 'utf8');
    const { 'read:reports': _gone, ...others } = (await readAccess()).permissions;
    const updated = updateLocalTenant(text, others);
    expect(updated).not.toContain('read:reports');
    expect(parseTenant(JSON.parse(updated)).users.map((user) => user.permissions[api.identifier])).toEqual([
      ['read:history', 'create:expenses', 'update:expenses', 'delete:expenses'],
      [],
      ['read:all_reports'],
    ]);
  });

  it('is as the formatter of the project would have it, whatever changes', async () => {
    const { permissions } = await readAccess();
    for (const changed of [
      permissions,
      { 'read:reports': 'Read', 'delete:expenses': 'Delete' },
      { ...permissions, 'approve:expenses': 'Approve' },
    ]) {
      const updated = updateLocalTenant(await readFile(file, 'utf8'), changed);
      expect(await format(updated, { ...(await resolveConfig(file)), filepath: file })).toBe(updated);
    }
  });
});

describe('the API for Auth0', () => {
  it.each([
    ['jwt', false, 'access_token'],
    ['jwt', true, 'access_token_authz'],
    ['rfc9068', false, 'rfc9068_profile'],
    ['rfc9068', true, 'rfc9068_profile_authz'],
  ] as const)(
    'has tokens of the profile %s, with permissions: %s',
    (profile, enforcePermissions, dialect) => {
      expect(toAuth0Tenant({ ...api, profile, enforcePermissions })).toMatchObject({
        resourceServers: [{ token_dialect: dialect, enforce_policies: enforcePermissions }],
      });
    },
  );
});

describe('api.http', () => {
  let issuer: TestIssuer | undefined;
  let service: TestApp | undefined;
  afterAll(async () => {
    await service?.close();
    await issuer?.close();
  });

  it('is what the decorators say', async () => {
    expect(await readFile('api.http', 'utf8')).toBe(toHttpFile(toManifest(await readAccess())));
  });

  it('has requests that work, sent from top to bottom', async () => {
    issuer = await startTestIssuer();
    service = await createTestApp({ issuer });
    const { permissions } = await readAccess();
    const token = issuer.tokenFor({ scopes: Object.keys(permissions) });
    const [, , ...requests] = (await readFile('api.http', 'utf8')).split(/^###.*\n/m);
    let id = '';
    const statuses: string[] = [];
    for (const request of requests) {
      const [head = '', ...body] = request
        .replace('{{login.response.body.access_token}}', token)
        .replace('{{create.response.body.id}}', id)
        .split('\n\n');
      const [line = '', ...headers] = head.split('\n').filter((text) => !text.startsWith('#'));
      const [method, url = ''] = line.split(' ');
      const answer = await service.app.inject({
        method: method as 'GET',
        url: url.replace('{{api}}', ''),
        headers: Object.fromEntries(headers.filter(Boolean).map((text) => text.split(': '))),
        ...(body.length > 0 && { payload: body.join('\n\n') }),
      });
      if (head.includes('@name create')) ({ id } = answer.json<{ id: string }>());
      if (answer.statusCode >= 300) statuses.push(`${line}: ${answer.statusCode} ${answer.body}`);
    }
    expect(requests.length).toBeGreaterThan(12);
    expect(statuses).toEqual([]);
  });
});
