import { z } from 'zod';

/** Whether a URL's host name means this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** Tokens, codes and cookies travel over these URLs: https, or http on this machine only. */
const secureUrl = z
  .string('must be a URL')
  .refine((value) => /^https?:\/\/\S+$/.test(value) && URL.canParse(value), {
    message: 'must be a URL such as https://tenant.example.com',
    abort: true,
  })
  .refine((value) => {
    const { protocol, hostname } = new URL(value);
    return protocol === 'https:' || isLoopback(hostname);
  }, 'must use https unless its host is this machine')
  .refine((value) => {
    const { username, password, hash, search } = new URL(value);
    return !username && !password && !hash && !search;
  }, 'must carry no user, query or fragment');

function wholeNumber({ min, max }: { min: number; max: number }) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string(message)
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

const schema = z.object({
  PORT: wholeNumber({ min: 0, max: 65_535 }).default(3000),
  BASE_URL: secureUrl
    .refine((value) => new URL(value).pathname === '/', 'must be an origin such as https://app.example.com')
    .transform((value) => new URL(value).origin)
    .default('http://localhost:3000'),
  ISSUER_BASE_URL: secureUrl,
  CLIENT_ID: z.string(),
  CLIENT_SECRET: z.string(),
  API_URL: secureUrl.transform((value) => value.replace(/\/?$/, '/')),
  API_RESOURCE: secureUrl.transform((value) => value.replace(/\/?$/, '/')).optional(),
  API_AUDIENCE: z.string(),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/.+$/, { message: 'must be redis://... or rediss://...', abort: true })
    .refine((value) => URL.canParse(value), { message: 'must be redis://... or rediss://...', abort: true })
    // The client would ask for the database NaN, and its refusal ends the process.
    .refine((value) => {
      const { pathname, searchParams } = new URL(value);
      return /^\d*$/.test(pathname.slice(1) || (searchParams.get('db') ?? ''));
    }, 'must end with the number of a database, as in redis://:password@host:6379/0, or without any')
    .optional(),
  SESSION_SECRET: z.string().min(32, 'must have at least 32 characters'),
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'must be trace, debug, info, warn, error, fatal or silent',
    )
    .default('info'),
  SHUTDOWN_GRACE: wholeNumber({ min: 0, max: 300 }).default(0),
  SHUTDOWN_TIMEOUT: wholeNumber({ min: 1, max: 300 }).default(10),
});

/** The validated settings of the web application; `.env.example` explains each. */
export type Environment = z.output<typeof schema>;

/** The environment cannot be used. The message names every faulty variable, and never a value. */
export class InvalidEnvironment extends Error {
  override readonly name = 'InvalidEnvironment';

  constructor(readonly faults: readonly string[]) {
    super(`The environment is not usable:\n${faults.map((fault) => `  ${fault}\n`).join('')}`);
  }
}

/**
 * Turns environment variables into typed settings. An empty variable counts as absent, as in `.env` files.
 * @throws InvalidEnvironment naming all faulty variables at once
 */
export function parseEnvironment(variables: Record<string, unknown>): Environment {
  const present = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  throw new InvalidEnvironment(
    result.error.issues.map(({ path: [variable], message }) => {
      const value = present[String(variable)];
      const isPadded = typeof value === 'string' && /^\s|\s$/.test(value);
      const padding = isPadded ? '; its value begins or ends with white space' : '';
      return `${String(variable)} ${value === undefined ? 'is missing' : message}${padding}`;
    }),
  );
}
