import { defineConfig } from 'drizzle-kit';

/** For `npm run db:generate` only; the service applies the migrations itself, at start or by `npm run db:migrate`. */
export default defineConfig({
  dialect: 'postgresql',
  // A resource may have its tables beside it.
  schema: ['./src/database/schema.ts', './src/*/*.table.ts'],
  out: './src/database/migrations',
});
