import { swcOptions } from './scripts/build/swc.ts';

/** Its table is made by a migration that is written when it is copied into src: test/ci/extending.ci-spec.ts. */
const EXAMPLE_WITH_TABLE = '<rootDir>/examples/vehicles/';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // Much of the time goes in waiting, so no core is left to the runner alone.
  maxWorkers: '100%',
  // Jest keeps the modules of every suite that a worker has run. One that grew to gigabytes takes longer to exit than Jest waits.
  workerIdleMemoryLimit: '800MB',
  // Starting the application with its embedded database takes seconds, more on a busy machine.
  testTimeout: 60_000,
  roots: ['<rootDir>/src', '<rootDir>/test', '<rootDir>/examples', '<rootDir>/apps'],
  setupFiles: ['<rootDir>/test/support/load-jose.ts'],
  testMatch: ['**/*.spec.ts', '**/*.e2e-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/test/ci/scratch/', EXAMPLE_WITH_TABLE],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': ['@swc/jest', swcOptions],
  },
};
