import type { IssuerOptions } from '../../auth/index.js';
import { type Environment, InvalidEnvironment } from '../../config/environment.js';
import { checkAudienceClaim, checkAudiences } from './audience.checks.js';
import { checkClients } from './client.checks.js';
import { checkProxy } from './proxy.checks.js';
import { fault, type Finding, ok } from './finding.js';
import { checkIssuer } from './issuer.checks.js';
import { checkDatabase, checkRedis } from './storage.checks.js';

/**
 * Checks the settings against the parts of the world that they name: issuer, clock, database, Redis, and, if the API
 * runs, the proxy before it and what its clients find.
 *
 * @param load gives the settings, or throws InvalidEnvironment
 */
export async function examine(load: () => Environment | Promise<Environment>): Promise<Finding[]> {
  try {
    const environment = await load();
    const [issuers, database, redis, proxy, clients] = await Promise.all([
      Promise.all(environment.ISSUERS.map((issuer) => examineIssuer(issuer, environment))),
      checkDatabase(environment),
      checkRedis(environment.REDIS_URL),
      checkProxy(environment.BASE_URL),
      checkClients(environment),
    ]);
    return [
      ok('environment', 'can be used'),
      ...issuers.flat(),
      database,
      redis,
      ...proxy,
      ...clients,
      TRY_A_TOKEN,
    ];
  } catch (error) {
    if (!(error instanceof InvalidEnvironment)) throw error;
    return error.faults.map((text) => fault('environment', text, 'See .env.example.'));
  }
}

/** What no look at an issuer can tell, only one of its tokens. */
const TRY_A_TOKEN = ok('token', 'whether tokens fit is shown by one: npm run explain -- GET / < token');

async function examineIssuer(issuer: IssuerOptions, environment: Environment): Promise<Finding[]> {
  const findings = [
    ...checkAudiences(issuer),
    ...checkAudienceClaim(issuer),
    ...(await checkIssuer(issuer, environment)),
  ];
  if (environment.ISSUERS.length === 1) return findings;
  return findings.map((finding) =>
    Object.assign(finding, { detail: `${issuer.issuerBaseUrl}: ${finding.detail}` }),
  );
}

/** The findings for people: one line each, with what to do below. */
export function toText(findings: readonly Finding[]): string {
  const lines = findings.map(({ status, check, detail, advice }) => {
    const line = `${status.padEnd(8)} ${check.padEnd(12)} ${detail}\n`;
    const below = advice?.split('\n').map((text) => `${' '.repeat(22)}${text}\n`) ?? [];
    return line + below.join('');
  });
  return lines.join('');
}
