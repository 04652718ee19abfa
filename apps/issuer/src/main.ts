import { openDatabase } from './database.js';
import { type Environment, EnvironmentError, readEnvironment } from './environment.js';
import { SigningKeys } from './signing-keys.js';
import { PortTakenError, startIssuer } from './start-issuer.js';
import { readTenant, TenantError } from './tenant.js';

const USAGE = 'Usage: issuer [rotate-keys]';

async function main(command: string | undefined): Promise<void> {
  const environment = readEnvironment();
  if (command === undefined) return serve(environment);
  if (command === 'rotate-keys') return rotateKeys(environment.DATA_FOLDER);
  throw new UsageError(`There is no command "${command}".\n${USAGE}`);
}

async function serve({ PORT, HOST, DATA_FOLDER, TENANT_FILE }: Environment): Promise<void> {
  const tenant = readTenant(TENANT_FILE);
  const running = await startIssuer({ port: PORT, host: HOST, dataFolder: DATA_FOLDER, tenant });
  const users = tenant.users.map(({ email, hint }) => `  ${email}${hint ? `  password: ${hint}` : ''}`);
  print(['Issuer for development and tests', `  ${running.issuer}`, 'Users', ...users].join('\n'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void running.close());
}

async function rotateKeys(dataFolder: string): Promise<void> {
  const database = openDatabase(dataFolder);
  try {
    const kid = await new SigningKeys(database).rotate();
    print(`New tokens are signed by key ${kid}. The keys before it stay in the JWKS for 25 hours.`);
  } finally {
    database.close();
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

class UsageError extends Error {}

try {
  await main(process.argv[2]);
} catch (error) {
  const expected = [EnvironmentError, TenantError, PortTakenError, UsageError].some(
    (kind) => error instanceof kind,
  );
  process.stderr.write(
    `${expected ? (error as Error).message : ((error as Error).stack ?? String(error))}\n`,
  );
  process.exitCode = 1;
}
