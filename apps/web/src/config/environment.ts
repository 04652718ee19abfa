import { z } from 'zod';

/** Whether a URL's host name means this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** Tokens, codes and cookies travel over these URLs: https, or http on this machine only. */
const secureUrl = z
  .string()
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
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

const port = z
  .string()
  .refine((value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535, 'must be a port from 0 to 65535')
  .transform(Number);

const schema = z.object({
  PORT: port.default(3000),
  BASE_URL: secureUrl
    .refine((value) => new URL(value).pathname === '/', 'must be an origin such as https://app.example.com')
    .transform((value) => new URL(value).origin)
    .default('http://localhost:3000'),
  ISSUER_BASE_URL: secureUrl,
  CLIENT_ID: z.string(),
  CLIENT_SECRET: z.string(),
  API_URL: secureUrl.transform((value) => value.replace(/\/?$/, '/')),
  API_AUDIENCE: z.string(),
  REDIS_URL: z
    .string()
    .refine(
      (value) => URL.canParse(value) && /^rediss?:$/.test(new URL(value).protocol),
      'must be a URL such as redis://127.0.0.1:6379',
    )
    .optional(),
  SESSION_SECRET: z.string().min(32, 'must have at least 32 characters'),
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
      const missing = present[String(variable)] === undefined;
      return `${String(variable)} ${missing ? 'is missing' : message}`;
    }),
  );
}
