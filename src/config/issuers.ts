import { readFileSync, statSync } from 'node:fs';
import { load, YAMLException } from 'js-yaml';
import { z } from 'zod';
import {
  algorithmNamed,
  faultsIn,
  type IssuerOptions,
  issuersSchema,
  scopePrefix,
  secureUrl,
  SIGNING_ALGORITHMS,
} from '../auth/index.js';
import { commaList } from './environment.fields.js';

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
  SCOPE_PREFIX: scopePrefix.optional(),
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

/** ISSUERS_FILE, whose entries are the options that `AuthModule` takes for one issuer. */
const issuersFile = z.strictObject({ issuers: issuersSchema }, 'must be a list of issuers');

/** Largest file of issuers that is read, in bytes: more than a thousand of them take. */
const MAX_FILE_BYTES = 1024 * 1024;

/** The path of a file that lists issuers, in YAML or JSON; its value is the list. Every fault of the file is reported. */
export const issuersFrom = z.string().transform((path, context): IssuerOptions[] => {
  let document: unknown;
  try {
    document = readDocument(path);
  } catch (error) {
    context.addIssue(`names a file that ${reasonOf(error as Error)}`);
    return z.NEVER;
  }
  const result = issuersFile.safeParse(Array.isArray(document) ? { issuers: document } : document, {
    reportInput: true,
  });
  if (result.success) return result.data.issuers;
  for (const fault of result.error.issues.flatMap(faultsIn)) context.addIssue(fault);
  return z.NEVER;
});

function readDocument(path: string): unknown {
  if (statSync(path).size > MAX_FILE_BYTES) throw new RangeError(`has more than ${MAX_FILE_BYTES} bytes`);
  // Names with bytes of another encoding would match no token.
  return load(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)));
}

/** What keeps a file from being read, and where that is. */
function reasonOf(error: Error & { code?: string }): string {
  if (error instanceof RangeError) return error.message;
  if (error instanceof YAMLException) {
    const place = error.mark ? ` (line ${error.mark.line + 1})` : '';
    return `is neither YAML nor JSON: ${error.reason}${place}`;
  }
  return error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
    ? 'is not UTF-8'
    : `cannot be read (${error.code ?? error.message})`;
}
