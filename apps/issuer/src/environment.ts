import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { TENANT_FILE } from './tenant.js';

const environmentSchema = z.object({
  NODE_ENV: z
    .string()
    .optional()
    .refine((value) => value !== 'production', {
      error:
        'the issuer is for development and tests only: it shows sample passwords and keeps its keys in a file',
    }),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3002),
  HOST: z.string().min(1).default('localhost'),
  DATA_FOLDER: z
    .string()
    .min(1)
    .default(fileURLToPath(new URL('../data', import.meta.url))),
  TENANT_FILE: z.string().min(1).default(fileURLToPath(TENANT_FILE)),
});

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
  if (!parsed.success) throw new EnvironmentError(parsed.error.issues);
  return parsed.data;
}

/** The environment has faulty variables; the message names them all, one a line. */
export class EnvironmentError extends Error {
  constructor(issues: readonly z.core.$ZodIssue[]) {
    super(
      ['The environment cannot be used:', ...issues.map((i) => `  - ${i.path.join('.')}: ${i.message}`)].join(
        '\n',
      ),
    );
    this.name = 'EnvironmentError';
  }
}
