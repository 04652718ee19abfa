import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { TENANT_FILE } from './tenant.js';

const environmentSchema = z.object({
  NODE_ENV: z
    .string()
    .optional()
    .refine((value) => value !== 'production', {
      error:
        'must not be production: the issuer is for development and tests only, it shows sample passwords and keeps its keys in a file',
    }),
  PORT: z
    .string()
    .refine(
      (value) => /^\d{1,15}$/.test(value) && Number(value) <= 65_535,
      'must be a whole number from 0 to 65535',
    )
    .transform(Number)
    .default(3002),
  HOST: z.string().min(1).default('localhost'),
  DATA_FOLDER: z
    .string()
    .min(1)
    .default(fileURLToPath(new URL('../data', import.meta.url))),
  TENANT_FILE: z.string().min(1).default(fileURLToPath(TENANT_FILE)),
});

/** The validated settings of the issuer. */
export type Environment = z.output<typeof environmentSchema>;

/**
 * Reads the configuration.
 *
 * @throws EnvironmentError naming every faulty variable
 */
export function readEnvironment(variables: Record<string, string | undefined> = process.env): Environment {
  // A variable that is set to nothing counts as absent.
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(set);
  if (!parsed.success) throw new EnvironmentError(parsed.error.issues, set);
  return parsed.data;
}

/** The environment has faulty variables; the message names them all, one a line. */
export class EnvironmentError extends Error {
  constructor(issues: readonly z.core.$ZodIssue[], values: Readonly<Record<string, string | undefined>>) {
    const faults = issues.map(({ path, message }) => {
      const name = path.join('.');
      const isPadded = /^\s|\s$/.test(values[name] ?? '');
      return `  ${name} ${message}${isPadded ? '; its value begins or ends with white space' : ''}\n`;
    });
    super(`The environment is not usable:\n${faults.join('')}`);
    this.name = 'EnvironmentError';
  }
}
