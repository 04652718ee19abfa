import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { API_NAME } from '../docs/openapi.js';
import { loadConfiguration } from '../config/config.module.js';
import { toHttpFile } from './access/http-file.js';
import { toJson, toManifest, toText } from './access/manifest.js';
import {
  compareTenant,
  type TenantApi,
  toAuth0Tenant,
  toIssuerEntry,
  updateLocalTenant,
} from './access/tenant.js';
import { readArguments, run, CommandError } from '../process/command.js';
import { readAccess } from './read-access.js';

const LAB_TENANT = 'apps/issuer/tenant.json';

const USAGE = `npm run access [-- option]
Who may call what, one line a route.
  --json         as JSON, the content of access.json
  --update       write access.json, api.http, the routes as requests, and the permissions into the tenant of the lab's issuer
  --auth0        the API and its permissions as a tenant file of auth0-deploy-cli
  --issuer       ... as an entry of \`apis\` in the tenant file of the local issuer
  --check FILE   what a tenant lacks or has too much; FILE is an export of auth0-deploy-cli or a local tenant file
The last three take the audience from the settings of the (first) issuer.`;

const options = {
  json: { type: 'boolean' },
  update: { type: 'boolean' },
  auth0: { type: 'boolean' },
  issuer: { type: 'boolean' },
  check: { type: 'string' },
  help: { type: 'boolean' },
} as const;

await run(async () => {
  const { values, positionals } = readArguments(options, USAGE);
  const [option, ...others] = Object.keys(values);
  if (others.length > 0 || positionals.length > 0) throw new CommandError(USAGE);
  if (option === 'help') return print(USAGE);
  const rules = await readAccess();
  const manifest = toManifest(rules);
  switch (option) {
    case 'json':
      return print(toJson(manifest));
    case 'update':
      await writeFile('access.json', toJson(manifest));
      await writeFile('api.http', toHttpFile(manifest));
      // Whoever has no use for the lab has removed it.
      if (existsSync(LAB_TENANT)) {
        await writeFile(LAB_TENANT, updateLocalTenant(await readFile(LAB_TENANT, 'utf8'), rules.permissions));
      }
      return 0;
    case 'auth0':
      return print(JSON.stringify(toAuth0Tenant(await apiOf(rules)), undefined, 2));
    case 'issuer':
      return print(JSON.stringify(toIssuerEntry(await apiOf(rules)), undefined, 2));
    case 'check':
      return check(String(values.check), await apiOf(rules));
    default:
      return print(toText(manifest));
  }
});

function print(text: string): number {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  return 0;
}

async function apiOf({ permissions }: Pick<TenantApi, 'permissions'>): Promise<TenantApi> {
  const { environment } = await loadConfiguration();
  const [issuer] = environment.ISSUERS;
  const [identifier = ''] = issuer.audiences;
  const { profile = 'jwt', grantsFrom = 'scope' } = issuer;
  return { name: API_NAME, identifier, permissions, profile, enforcePermissions: grantsFrom !== 'scope' };
}

async function check(file: string, api: TenantApi): Promise<number> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CommandError(error.message, { cause: error });
  });
  const { missing, unknown } = compareTenant(text, api);
  for (const name of missing) print(`lacks    ${name}  ${api.permissions[name]}`);
  for (const name of unknown) print(`too much ${name}`);
  if (missing.length + unknown.length > 0) return 1;
  return print(`The tenant has exactly the permissions of ${api.identifier}.`);
}
