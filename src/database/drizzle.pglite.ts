/** drizzle for PGlite, from its CommonJS build as in `drizzle.ts`; apart from it, because it loads PGlite. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export const { drizzle } = require('drizzle-orm/pglite') as typeof import('drizzle-orm/pglite');
