import * as z from 'zod';
import { isLoopback, namesHost } from '../net/addresses.js';
import type { AuthOptions, SharedAuthOptions } from './auth.options.js';
import type { IssuerOptions } from './issuers/issuer.options.js';
import { algorithmNamed, SIGNING_ALGORITHMS } from './keys/algorithms.js';
import { resourceOf } from './metadata/resource-metadata.js';
import { nearestName } from './nearest-name.js';
import type { DpopOptions } from './proof/dpop.options.js';
import type { ProofReplays } from './proof/proof-replays.js';
import type { RequestAuthenticator } from './token/token-verifier.js';

/** Some options of `AuthModule` cannot be used; the message lists them all, and repeats none of their values. */
export class InvalidAuthOptions extends Error {
  override readonly name = 'InvalidAuthOptions';

  constructor(readonly faults: readonly string[]) {
    super(`The options of AuthModule are not usable:\n${faults.map((fault) => `  ${fault}\n`).join('')}`);
  }
}

/** The schema of every member of a type: one that has none does not compile. */
type Members<T> = { readonly [Name in keyof Required<T>]: z.ZodType };

const text = z.string('must be text').min(1, 'must not be empty');
const list = <T extends z.ZodType>(item: T) => z.array(item, 'must be a list').min(1, 'must not be empty');
const oneOrMore = z.preprocess((value) => (typeof value === 'string' ? [value] : value), list(text));
const oneOf = <const T extends readonly [string, ...string[]]>(names: T) =>
  z.enum(names, `must be ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`);

function numberFrom(min: number, max = Number.MAX_SAFE_INTEGER) {
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`;
  return z.number(`must be a number, ${range}`).min(min, `must be ${range}`).max(max, `must be ${range}`);
}

const wholeNumberFrom = (min: number) => numberFrom(min).int('must be a whole number');

const WEB_URL = 'must be a URL such as https://tenant.example.com';
const isWebUrl = (value: string) => /^https?:\/\/\S+$/.test(value) && namesHost(value);
const webUrl = z.string('must be a URL').refine(isWebUrl, WEB_URL);

/**
 * An absolute https URL; http only for a loopback host, for what travels over it decides who gets in.
 *
 * @internal
 */
export const secureUrl = z.string('must be a URL').superRefine((value, context) => {
  if (!isWebUrl(value)) {
    context.addIssue(WEB_URL);
    return;
  }
  const { protocol, hostname, username, password, hash, search } = new URL(value);
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    context.addIssue('must use https unless its host is this machine');
  }
  if (username || password || hash || search) context.addIssue('must carry no user, query or fragment');
});

const metadataUrl = webUrl.refine((value) => {
  try {
    return resourceOf(value) !== '';
  } catch {
    return false;
  }
}, 'must hold /.well-known/oauth-protected-resource right after its host (RFC 9728, 3.1)');

const algorithm = z
  .string('must be text')
  .refine(
    (name) => algorithmNamed(name) !== undefined,
    `must be one of ${SIGNING_ALGORITHMS.join(', ')} or Ed25519`,
  );
/**
 * What can stand before scopes: the characters of a scope (RFC 6749, 3.3), since challenges hold it.
 *
 * @internal
 */
export const scopePrefix = z
  .string('must be text')
  .regex(/^[\x21\x23-\x5B\x5D-\x7E]*$/, 'must be what a scope can hold: no spaces, quotes or backslashes');
const requiredClaim = text.refine((claim) => !claim.startsWith('='), 'must be name=value, or a name alone');
const unguardedRoute = z
  .string('must be text')
  .regex(/^[A-Z]+ [/*]\S*$/, 'must be a method and a path, as in GET /metrics');

const issuerMembers = {
  issuerBaseUrl: secureUrl,
  audiences: list(text),
  jwksUri: secureUrl.optional(),
  issuer: oneOrMore.optional(),
  algorithms: list(algorithm).optional(),
  audienceClaim: text.optional(),
  requiredClaims: z.array(requiredClaim, 'must be a list').optional(),
  profile: oneOf(['jwt', 'rfc9068']).optional(),
  grantsFrom: oneOf(['scope', 'scope_or_permissions', 'scope_and_permissions']).optional(),
  scopePrefix: scopePrefix.optional(),
  permissionsClaim: text.optional(),
  subjectClaim: oneOrMore.optional(),
} satisfies Members<IssuerOptions>;

const dpopMembers = {
  mode: oneOf(['off', 'allowed', 'required']).optional(),
  nonce: oneOf(['off', 'required']).optional(),
  nonceSecret: z.string('must be text').min(32, 'must have at least 32 characters').optional(),
  maxAgeSeconds: numberFrom(1, 3600).optional(),
  algorithms: list(oneOf(SIGNING_ALGORITHMS as [string, ...string[]])).optional(),
  replays: z
    .unknown()
    .refine(
      (value) => typeof (Object(value) as Partial<ProofReplays>).use === 'function',
      'must have a method `use`',
    )
    .optional(),
} satisfies Members<DpopOptions>;

const sharedMembers = {
  clockToleranceSeconds: numberFrom(0, 300).optional(),
  verifiedTokens: wholeNumberFrom(0).optional(),
  keyCooldownMs: numberFrom(0).optional(),
  keyMaxAgeSeconds: numberFrom(1).optional(),
  keyMaxStaleSeconds: numberFrom(0).optional(),
  keySetReader: z
    .unknown()
    .refine((value) => typeof value === 'function', 'must be a function')
    .optional(),
  certificateOf: z
    .unknown()
    .refine((value) => typeof value === 'function', 'must be a function')
    .optional(),
  unguardedRoutes: z.array(unguardedRoute, 'must be a list').optional(),
  dpop: z.strictObject(dpopMembers, 'must be an object').optional(),
  resourceName: text.optional(),
  resourceDocumentation: webUrl.optional(),
  resourceMetadataUrl: metadataUrl.optional(),
} satisfies Members<SharedAuthOptions>;

/**
 * Options of several issuers, none of which has a name in common with another: the `iss` of a token must tell them apart.
 *
 * @internal
 */
export const issuersSchema = list(z.strictObject(issuerMembers, 'must be the options of an issuer')).check(
  (context) => {
    const owners = new Map<string, number>();
    for (const [index, entry] of context.value.entries()) {
      const { issuer = [entry.issuerBaseUrl] } = entry;
      const names = new Set(issuer.map((name) => name.replace(/\/$/, '')));
      const first = [...names].map((name) => owners.get(name)).find((owner) => owner !== undefined);
      if (first !== undefined) {
        const message = `is the same issuer as issuers[${first}]`;
        context.issues.push({ code: 'custom', input: entry, path: [index], message });
      }
      for (const name of names) if (!owners.has(name)) owners.set(name, index);
    }
  },
);

/** What `AuthModule` needs of a passport strategy: a method that judges a token. */
const strategyClass = z
  .unknown()
  .refine((value) => {
    const { prototype } = Object(value) as { prototype?: unknown };
    return typeof (Object(prototype) as Partial<RequestAuthenticator>).authenticateToken === 'function';
  }, 'must be a class with a method `authenticateToken`, as JwtStrategy is')
  .optional();

const common = { ...sharedMembers, strategy: strategyClass };
const noObject = 'must be an object';
const withOneIssuer = needingAddress(z.strictObject({ ...common, ...issuerMembers }, noObject));
const withSeveralIssuers = needingAddress(z.strictObject({ ...common, issuers: issuersSchema }, noObject));

/** Proofs name the API, so whoever asks for them says where it is. */
function needingAddress<T extends z.ZodType>(schema: T): T {
  return schema.refine(
    (options) => {
      const { dpop, resourceMetadataUrl } = Object(options) as Partial<SharedAuthOptions>;
      return !(dpop?.mode === 'allowed' || dpop?.mode === 'required') || resourceMetadataUrl !== undefined;
    },
    {
      path: ['dpop', 'mode'],
      message: 'needs `resourceMetadataUrl`, which says where the API is',
      // Else zod leaves this fault untold while another option has one.
      when: () => true,
    },
  );
}

/** The options that there are, by where they stand. */
const names = {
  issuer: Object.keys(issuerMembers),
  dpop: Object.keys(dpopMembers),
  root: [...Object.keys(common), 'issuers', ...Object.keys(issuerMembers)],
};

/**
 * The options of `AuthModule`, once they are known to be what their type promises: settings that come from files and
 * variables compile whatever they hold.
 *
 * @param strategy that the module was given beside them
 * @throws InvalidAuthOptions naming every fault
 */
export function checkAuthOptions(options: unknown, strategy?: unknown): AuthOptions {
  // An option that is undefined is one that is not given, as everywhere else.
  const given = Object.fromEntries(
    Object.entries(Object(options) as object).filter(([, value]) => value !== undefined),
  ) as Readonly<Record<string, unknown>>;
  const schema = given.issuers === undefined ? withOneIssuer : withSeveralIssuers;
  const isObject = Object(options) === options && !Array.isArray(options);
  const result = schema.safeParse(isObject ? { ...given, strategy } : options, { reportInput: true });
  const faults = (result.error?.issues ?? []).flatMap(faultsIn);
  if (Object.hasOwn(given, 'strategy'))
    faults.push('strategy belongs beside `useFactory`, not into what it returns');
  if (faults.length > 0) throw new InvalidAuthOptions(faults);
  const { strategy: _beside, ...checked } = result.data as Record<string, unknown>;
  return checked as unknown as AuthOptions;
}

/**
 * What an issue says, one sentence for each fault, beginning with the option's name.
 *
 * @internal
 */
export function faultsIn(issue: z.core.$ZodIssue): string[] {
  const place = issue.path.reduce<string>((before, part) => {
    if (typeof part === 'number') return `${before}[${part}]`;
    return before === '' ? String(part) : `${before}.${String(part)}`;
  }, '');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownName(key, place));
  const isMissing = issue.input === undefined && issue.code !== 'custom';
  return [`${place || 'What is given'} ${isMissing ? 'is missing' : issue.message}`];
}

function unknownName(name: string, place: string): string {
  const written = place === '' ? name : `${place}.${name}`;
  if (place === '' && names.issuer.includes(name)) return `${name} belongs into the members of \`issuers\``;
  const known = place === '' ? names.root : place === 'dpop' ? names.dpop : names.issuer;
  const meant = nearestName(name, known);
  return `${written} is no option${meant === undefined ? '' : `; is ${meant} meant?`}`;
}
