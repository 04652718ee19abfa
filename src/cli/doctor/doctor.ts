import { type Environment, InvalidEnvironment } from '../../config/environment.js';
import { checkAudiences } from './audience.checks.js';
import { fault, type Finding, ok } from './finding.js';
import { checkIssuer } from './issuer.checks.js';
import { checkDatabase, checkRedis } from './storage.checks.js';

/**
 * Checks the settings against the parts of the world that they name: issuer, clock, database, Redis.
 *
 * @param load gives the settings, or throws InvalidEnvironment
 */
export async function examine(load: () => Environment | Promise<Environment>): Promise<Finding[]> {
  try {
    const environment = await load();
    const [issuer, database, redis] = await Promise.all([
      checkIssuer(environment),
      checkDatabase(environment),
      checkRedis(environment.REDIS_URL),
    ]);
    return [ok('environment', 'can be used'), ...checkAudiences(environment), ...issuer, database, redis];
  } catch (error) {
    if (!(error instanceof InvalidEnvironment)) throw error;
    return error.faults.map((text) => fault('environment', text, 'See .env.example.'));
  }
}

/** The findings for people: one line each, with what to do below. */
export function toText(findings: readonly Finding[]): string {
  const lines = findings.map(({ status, check, detail, advice }) => {
    const line = `${status.padEnd(8)} ${check.padEnd(12)} ${detail}\n`;
    return advice ? `${line}${' '.repeat(22)}${advice}\n` : line;
  });
  return lines.join('');
}
