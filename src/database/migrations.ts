import { join } from 'node:path';

/** Beside this file both in the sources and in the build, which copies the folder. Written by `npm run db:generate`. */
export const MIGRATIONS_FOLDER = join(import.meta.dirname, 'migrations');
