import { ConfigService } from '@nestjs/config';
import { authOptions } from '../auth-options.js';
import { loadConfiguration } from '../config/config.module.js';
import { CommandError, printUsage, readArguments, run } from '../process/command.js';
import { explain } from './explain/explain.js';
import { findRoute } from './explain/find-route.js';
import { readAccess } from './read-access.js';
import { readCredentials } from './explain/read-credentials.js';

const USAGE = `npm run explain -- METHOD /path < token
Says check by check why the API accepts or refuses a token on a route. The token is read from standard input and never
printed; without one, a request without token is explained. One that is bound to a key is given with its proof, as the
lines "Authorization: DPoP ..." and "DPoP: ...". The settings are those of the API: .env and environment.`;

/** What stands before the settings: a token says how its issuer writes, and not whom to trust. */
const SETTINGS =
  'The token is genuine, and would be accepted with these settings (docs/issuers.md says when they are right, and what ' +
  'they are called in ISSUERS_FILE):';

/** What the guards are not asked, since they would need the database, which may be that of a running process. */
const REVOKED = 'Whether it was revoked is not looked up; the log then has the reason revoked_token.\n';

await run(async () => {
  const { positionals, values } = readArguments({ help: { type: 'boolean' } }, USAGE);
  const [method, url, ...others] = positionals;
  if (values.help) return printUsage(USAGE);
  if (!method || !url?.startsWith('/') || others.length > 0) throw new CommandError(USAGE);
  const { environment } = await loadConfiguration();
  const rules = await readAccess();
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const route = findRoute(rules.routes, method.toUpperCase(), pathname);
  if (!route)
    throw new CommandError(
      `There is no ${method.toUpperCase()} ${pathname}; npm run access lists the routes.`,
    );
  const credentials = await readCredentials(process.stdin);
  const options = authOptions(new ConfigService(environment));
  const { steps, accepted, verdict, settings } = await explain(
    {
      route,
      ...credentials,
      query: Object.fromEntries(searchParams),
      method: method.toUpperCase(),
      path: pathname,
    },
    { rules, options },
  );
  for (const { passed, text } of steps) process.stdout.write(`${passed ? 'yes' : 'NO '}  ${text}\n`);
  process.stdout.write(`\n${verdict}\n`);
  if (accepted && route.rule.kind !== 'public' && environment.REVOCATION === 'on')
    process.stdout.write(REVOKED);
  if (settings) process.stdout.write(`\n${SETTINGS}\n${settings.join('\n')}\n`);
  return accepted ? 0 : 1;
});
