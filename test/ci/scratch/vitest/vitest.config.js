import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globals: true,
    include: ['**/*.e2e-spec.ts', '**/*.spec.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
