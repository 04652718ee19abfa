import { z } from 'zod';
import type { IssuerOptions } from '../auth/index.js';
import { isCurrency } from '../money/currencies.js';
import { hostInUrl } from '../net/addresses.js';
import {
  baseUrl,
  commaList,
  databaseUrl,
  httpUrl,
  originUrl,
  proofAlgorithms,
  readableFile,
  redisUrl,
  trustProxy,
  wholeNumber,
} from './environment.fields.js';
import { issuerOf, issuersFrom, issuerVariables } from './issuers.js';
import { misspeltNames } from './misspelt.js';
import { readVariables } from './variables.js';

const fields = z.object({
  NODE_ENV: z
    .enum(['development', 'test', 'production'], 'must be development, test or production')
    .default('development'),
  PORT: wholeNumber({ min: 0, max: 65_535 }).default(3001),
  HOST: z
    .string()
    .transform((host) => host.replace(/^\[|\]$/g, ''))
    .default('localhost'),
  BASE_URL: baseUrl.optional(),
  RESOURCE: baseUrl.optional(),

  ...issuerVariables,
  ISSUERS_FILE: issuersFrom.optional(),
  CLOCK_TOLERANCE: wholeNumber({ min: 0, max: 300 }).default(10),
  DPOP: z.enum(['off', 'allowed', 'required'], 'must be off, allowed or required').default('allowed'),
  DPOP_NONCE: z.enum(['off', 'required'], 'must be off or required').default('off'),
  DPOP_NONCE_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  DPOP_MAX_AGE: wholeNumber({ min: 1, max: 3600 }).default(60),
  DPOP_ALGORITHMS: proofAlgorithms.optional(),
  REVOCATION: z.enum(['off', 'on'], 'must be off or on').default('off'),
  REVOCATION_ON_OUTAGE: z.enum(['allow', 'deny'], 'must be allow or deny').default('allow'),
  REVOCATION_KEEP: wholeNumber({ min: 60, max: 31_622_400 }).default(86_400),
  VERIFIED_TOKENS: wholeNumber({ min: 0, max: 1_000_000 }).default(10_000),

  DATABASE_URL: databaseUrl.optional(),
  DATABASE_PASSWORD: z.string().optional(),
  DATABASE_PASSWORD_FILE: readableFile.optional(),
  DATABASE_MIGRATION_URL: databaseUrl.optional(),
  MIGRATE: z.enum(['start', 'never'], 'must be start or never').default('start'),
  DATABASE_POOL_SIZE: wholeNumber({ min: 1, max: 1000 }).default(10),
  DATABASE_STATEMENT_TIMEOUT: wholeNumber({ min: 1, max: 3600 }).default(10),
  DEFAULT_CURRENCY: z.string().refine(isCurrency, 'must be an ISO 4217 currency code').default('USD'),

  REDIS_URL: redisUrl.optional(),
  RATE_LIMIT: wholeNumber({ min: 0, max: 1_000_000 }).default(600),
  FAILED_AUTH_LIMIT: wholeNumber({ min: 0, max: 1_000_000 }).default(60),
  KEEP_ALIVE_TIMEOUT: wholeNumber({ min: 1, max: 3600 }).default(72),
  CORS_ORIGINS: commaList.pipe(z.array(originUrl)).default([]),
  DOCS_CLIENT_ID: z.string().default('expenses-docs'),
  TRUST_PROXY: trustProxy.default(false),

  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'must be trace, debug, info, warn, error, fatal or silent',
    )
    .default('info'),
  AUDIT_LOG: z.string().optional(),
  AUDIT_REQUIRED: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .transform((value) => value === 'true'),
  METRICS_PORT: wholeNumber({ min: 0, max: 65_535 }).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl(
    'must be the URL of an OTLP/HTTP receiver, such as http://localhost:4318',
  ).optional(),
  OTEL_SDK_DISABLED: z
    .string()
    .default('false')
    // As OpenTelemetry has it: whatever is not true is false.
    .transform((value) => value.toLowerCase() === 'true'),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: z.string().optional(),
  OTEL_TRACES_SAMPLER: z
    .enum(
      [
        'always_on',
        'always_off',
        'traceidratio',
        'parentbased_always_on',
        'parentbased_always_off',
        'parentbased_traceidratio',
      ],
      'must be always_on, always_off, traceidratio or one of these with parentbased_ before it',
    )
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .transform(Number)
    .refine((ratio) => ratio >= 0 && ratio <= 1, 'must be a number from 0 to 1')
    .default(1),

  SHUTDOWN_GRACE: wholeNumber({ min: 0, max: 300 }).optional(),
  SHUTDOWN_TIMEOUT: wholeNumber({ min: 1, max: 300 }).default(10),
});

const schema = fields
  .refine((env) => env.NODE_ENV !== 'production' || env.DATABASE_URL !== undefined, {
    path: ['DATABASE_URL'],
    message: 'must be set when NODE_ENV is production',
    when: () => true,
  })
  .refine((env) => env.NODE_ENV !== 'production' || env.BASE_URL !== undefined, {
    path: ['BASE_URL'],
    message: 'must be set when NODE_ENV is production: it is what clients are told to come back to',
    when: () => true,
  })
  .refine((env) => !env.AUDIT_REQUIRED || env.AUDIT_LOG !== undefined, {
    path: ['AUDIT_REQUIRED'],
    message: 'needs AUDIT_LOG: whether a reader of standard output keeps what it reads cannot be known',
  })
  .refine((env) => env.DATABASE_PASSWORD === undefined || env.DATABASE_PASSWORD_FILE === undefined, {
    path: ['DATABASE_PASSWORD'],
    message: 'and DATABASE_PASSWORD_FILE are both set; only one of them may be',
  })
  .refine(
    (env) => env.METRICS_PORT === undefined || env.METRICS_PORT === 0 || env.METRICS_PORT !== env.PORT,
    {
      path: ['METRICS_PORT'],
      message: 'must be another one than PORT, so that it can be kept from the outside',
    },
  )
  .check(
    z.superRefine(
      (env, context) => {
        const name = (path: string, message: string) =>
          context.addIssue({ code: 'custom', path: [path], message, continue: true });
        if (env.ISSUERS_FILE === undefined) {
          for (const needed of ['ISSUER_BASE_URL', 'ALLOWED_AUDIENCES'] as const) {
            if (env[needed] === undefined) name(needed, 'is missing');
          }
          return;
        }
        for (const other of Object.keys(issuerVariables) as (keyof typeof issuerVariables)[]) {
          if (env[other] !== undefined)
            name(other, 'must not be set beside ISSUERS_FILE, which has it for each issuer');
        }
      },
      { when: () => true },
    ),
  )
  .refine((env) => env.NODE_ENV !== 'production' || env.DPOP_NONCE === 'off' || env.DPOP_NONCE_SECRET, {
    path: ['DPOP_NONCE_SECRET'],
    message: 'must be set when DPOP_NONCE is required in production: every process makes its nonces from it',
    when: () => true,
  })
  .transform(({ ISSUERS_FILE: several, ...env }) => ({
    ...env,
    /** The issuers whose tokens are accepted: that of the variables, or those of ISSUERS_FILE. */
    ISSUERS: (several ?? [issuerOf(env)]) as [IssuerOptions, ...IssuerOptions[]],
    TOKEN_PROFILE: env.TOKEN_PROFILE ?? ('jwt' as const),
    GRANTS_FROM: env.GRANTS_FROM ?? ('scope' as const),
    // No grace in development: there is no balancer.
    SHUTDOWN_GRACE: env.SHUTDOWN_GRACE ?? (env.NODE_ENV === 'production' ? 5 : 0),
    DATABASE_URL: env.DATABASE_URL ?? 'pglite:data',
    BASE_URL: env.BASE_URL ?? `http://${hostInUrl(env.HOST)}:${env.PORT}`,
  }));

/** The validated settings of the API; `.env.example` explains each. */
export type Environment = z.output<typeof schema>;

const NO_FILE = '.env is not in this folder: `cp .env.example .env` makes one, to be filled in';

/** The environment cannot be used. The message names every faulty variable, and never a value. */
export class InvalidEnvironment extends Error {
  override readonly name = 'InvalidEnvironment';

  constructor(readonly faults: readonly string[]) {
    super(`The environment is not usable:\n${faults.map((fault) => `  ${fault}\n`).join('')}`);
  }
}

/**
 * Turns environment variables into typed settings, as `readVariables` reads them.
 *
 * @param fileNames names of the lines of `.env`, which are checked for slips of the pen; undefined when there is no such file
 * @throws InvalidEnvironment naming all faulty variables at once
 */
export function parseEnvironment(
  variables: Record<string, unknown>,
  fileNames?: readonly string[],
): Environment {
  const names = Object.keys(fields.shape);
  const { values, faults: unread } = readVariables(variables, names);
  const faults = [
    ...unread,
    ...misspeltNames(fileNames ?? [], [...names, ...names.map((name) => `${name}_FILE`)]),
  ];
  const result = schema.safeParse(values);
  if (result.success && faults.length === 0) return result.data;
  const issues = result.error?.issues ?? [];
  const told = issues.map(({ path, code, message }) => {
    const [variable] = path;
    const missing = code === 'invalid_type' && values[String(variable)] === undefined;
    const isPadded = /^\s|\s$/.test(values[String(variable)] ?? '');
    // What nobody sees in a file, and `docker --env-file` and secrets that are mounted leave in place.
    const padding = isPadded ? '; its value begins or ends with white space' : '';
    return `${String(variable)} ${missing ? 'is missing' : message}${padding}`;
  });
  // In production settings come from elsewhere.
  const lacksFile = fileNames === undefined && values.NODE_ENV !== 'production';
  const hints = lacksFile && told.some((fault) => /^\w+ is missing$/.test(fault)) ? [NO_FILE] : [];
  throw new InvalidEnvironment([...faults, ...told, ...hints]);
}
