import { TrustedIssuers } from '../auth/index.js';
import { authOptions } from '../auth-options.js';
import { ConfigService } from '@nestjs/config';
import { loadConfiguration } from '../config/config.module.js';
import { prepareDatabase } from '../database/prepare.js';
import { revocationId, type RevocationKind } from '../revocation/revocation.keys.js';
import { RevocationsRepository } from '../revocation/revocations.repository.js';
import { CommandError, printUsage, readArguments, run } from '../process/command.js';

const USAGE = `npm run revoke -- --subject SUB | --session SID | --token JTI [--issuer URL]
Has the API refuse access tokens that have not expired, in every process within a second.
  --subject SUB  those that were issued to this user or application until now
  --session SID  those of a session, by the claim sid
  --token JTI    one, by the claim jti
  --issuer URL   whose tokens; needed when the API trusts several issuers
Needs REVOCATION=on. What was revoked is kept for REVOCATION_KEEP seconds.`;

const options = {
  subject: { type: 'string' },
  session: { type: 'string' },
  token: { type: 'string' },
  issuer: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** What is revoked, and the claim of a token that names it. */
const CLAIMS = { subject: 'sub', session: 'sid', token: 'jti' } as const satisfies Partial<
  Record<RevocationKind, string>
>;
type Kind = keyof typeof CLAIMS;

await run(async () => {
  const { values, positionals } = readArguments(options, USAGE);
  if (values.help) return printUsage(USAGE);
  const named = (['subject', 'session', 'token'] as const).flatMap((kind): [Kind, string][] => {
    const value = values[kind];
    return value === undefined ? [] : [[kind, value]];
  });
  const [one, ...others] = named;
  if (!one?.[1] || others.length > 0 || positionals.length > 0) throw new CommandError(USAGE);
  assertClaim(...one);
  const { environment } = await loadConfiguration();
  if (environment.REVOCATION === 'off') {
    throw new CommandError('REVOCATION is off, so that no process would heed it. Set it to on.');
  }
  const issuer = issuerNamed(values.issuer, new TrustedIssuers(authOptions(new ConfigService(environment))));
  const database = await prepareDatabase(environment);
  try {
    const id = revocationId(issuer, ...one);
    const repository = new RevocationsRepository(database, environment.REVOCATION_KEEP);
    await repository.add([{ id, notBefore: Math.floor(Date.now() / 1000) }]);
  } finally {
    await database.close();
  }
  process.stdout.write(`Revoked. Every process refuses the ${one[0]} within a second.\n`);
  return 0;
});

/** A value that no claim has would revoke nothing, and say that it did. */
function assertClaim(kind: Kind, value: string): void {
  if (/^ey[\w-]*\.[\w-]+\.[\w-]*$/.test(value)) {
    throw new CommandError(`--${kind} takes the claim ${CLAIMS[kind]} of a token, and not the token itself.`);
  }
  if (value.trim() !== value) throw new CommandError(`--${kind} begins or ends with white space.`);
}

/** The name of the issuer that was asked for, or of the only one. */
function issuerNamed(asked: string | undefined, { all }: TrustedIssuers): string {
  const isAsked = (name: string) => name.replace(/\/$/, '') === asked?.replace(/\/$/, '');
  const found = all.filter(
    ({ rules, options: { issuerBaseUrl } }) =>
      asked === undefined || isAsked(issuerBaseUrl) || rules.issuers.some(isAsked),
  );
  const [issuer, ...others] = found;
  const names = all.map(({ options: { issuerBaseUrl } }) => issuerBaseUrl).join(', ');
  if (!issuer) throw new CommandError(`There is no such issuer. The API trusts ${names}.`);
  if (others.length > 0) throw new CommandError(`Name one by --issuer: the API trusts ${names}.`);
  return issuer.name;
}
