import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { z } from 'zod';
import { algorithmNamed, type IssuerOptions, SIGNING_ALGORITHMS } from '../auth/index.js';
import { commaList, secureUrl } from './environment.fields.js';

const isNamed = (name: string) => algorithmNamed(name) !== undefined;
const ALGORITHM = `must be of ${SIGNING_ALGORITHMS.join(', ')}`;
const REQUIRED = 'must be name=value, or a name alone';
const isRequirement = (text: string) => !text.startsWith('=');

const profile = z.enum(['jwt', 'rfc9068'], 'must be jwt or rfc9068');
const grantsFrom = z.enum(
  ['scope', 'scope_or_permissions', 'scope_and_permissions'],
  'must be scope, scope_or_permissions or scope_and_permissions',
);
const names = commaList.refine((list) => list.length > 0, 'must name at least one');

/** The variables that say how the tokens of one issuer are judged. ISSUERS_FILE has the same for several. */
export const issuerVariables = {
  ISSUER_BASE_URL: secureUrl.optional(),
  ALLOWED_AUDIENCES: commaList
    .refine((list) => list.length > 0, 'must name at least one audience')
    .optional(),
  JWKS_URI: secureUrl.optional(),
  ISSUER: names.optional(),
  TOKEN_ALGORITHMS: names.refine((list) => list.every(isNamed), ALGORITHM).optional(),
  AUDIENCE_CLAIM: z.string().optional(),
  REQUIRED_CLAIMS: names.refine((list) => list.every(isRequirement), REQUIRED).optional(),
  TOKEN_PROFILE: profile.optional(),
  GRANTS_FROM: grantsFrom.optional(),
  SCOPE_PREFIX: z.string().optional(),
  PERMISSIONS_CLAIM: z.string().optional(),
  SUBJECT_CLAIM: names.optional(),
};

type IssuerVariables = z.output<z.ZodObject<typeof issuerVariables>>;

/** What the variables say of the one issuer. */
export function issuerOf(env: IssuerVariables): IssuerOptions {
  return {
    issuerBaseUrl: env.ISSUER_BASE_URL as string,
    audiences: env.ALLOWED_AUDIENCES as string[],
    jwksUri: env.JWKS_URI,
    issuer: env.ISSUER,
    algorithms: env.TOKEN_ALGORITHMS,
    audienceClaim: env.AUDIENCE_CLAIM,
    requiredClaims: env.REQUIRED_CLAIMS,
    profile: env.TOKEN_PROFILE,
    grantsFrom: env.GRANTS_FROM,
    scopePrefix: env.SCOPE_PREFIX,
    permissionsClaim: env.PERMISSIONS_CLAIM,
    subjectClaim: env.SUBJECT_CLAIM,
  };
}

const text = z.string('must be text').min(1, 'must not be empty');
const list = (item: z.ZodType<string> = text) => z.array(item, 'must be a list').min(1, 'must not be empty');
const oneOrMore = z.preprocess((value) => (typeof value === 'string' ? [value] : value), list());

/** An issuer in ISSUERS_FILE: the options that `AuthModule` takes for one. */
const issuer = z.strictObject({
  issuerBaseUrl: secureUrl,
  audiences: list(),
  jwksUri: secureUrl.optional(),
  issuer: oneOrMore.optional(),
  algorithms: list(text.refine(isNamed, ALGORITHM)).optional(),
  audienceClaim: text.optional(),
  requiredClaims: list(text.refine(isRequirement, REQUIRED)).optional(),
  profile: profile.optional(),
  grantsFrom: grantsFrom.optional(),
  scopePrefix: text.optional(),
  permissionsClaim: text.optional(),
  subjectClaim: oneOrMore.optional(),
});

const issuersFile = z
  .strictObject({ issuers: z.array(issuer, 'must be a list').min(1, 'must name at least one issuer') })
  .check((context) => {
    // Two that share a name could not be told apart by the `iss` of a token.
    const owners = new Map<string, number>();
    for (const [index, entry] of context.value.issuers.entries()) {
      for (const name of new Set(namesOf(entry))) {
        const first = owners.get(name);
        if (first === undefined) owners.set(name, index);
        else {
          const message = `is the same issuer as issuers[${first}]`;
          context.issues.push({ code: 'custom', input: entry, path: ['issuers', index], message });
          break;
        }
      }
    }
  });

/** What an issuer may be called in its tokens, but for a slash at the end. */
function namesOf({ issuerBaseUrl, issuer: given = [issuerBaseUrl] }: z.output<typeof issuer>): string[] {
  return given.map((name) => name.replace(/\/$/, ''));
}

/** The path of a file that lists issuers, in YAML or JSON; its value is the list. Every fault of the file is reported. */
export const issuersFrom = z.string().transform((path, context): IssuerOptions[] => {
  let document: unknown;
  try {
    document = load(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code } = error as { code?: string };
    context.addIssue(
      code ? `names a file that cannot be read (${code})` : 'names a file that is neither YAML nor JSON',
    );
    return z.NEVER;
  }
  const result = issuersFile.safeParse(Array.isArray(document) ? { issuers: document } : document);
  if (result.success) return result.data.issuers;
  for (const issue of result.error.issues) context.addIssue(describe(issue));
  return z.NEVER;
});

function describe(issue: z.core.$ZodIssue): string {
  const place = issue.path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
  if (issue.code === 'unrecognized_keys')
    return `${place || 'the file'} has unknown members: ${issue.keys.join(', ')}`;
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined;
  return `${place || 'the file'} ${isMissing ? 'is missing' : issue.message}`;
}
