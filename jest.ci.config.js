import base from './jest.config.js';

/** Suites that start the built program and servers of their own, and take minutes: `npm run build && npm run test:ci`. */
export default {
  ...base,
  roots: ['<rootDir>/test/ci'],
  testMatch: ['**/*.ci-spec.ts'],
  testTimeout: 180_000,
  // They measure how long things take to recover, so they do not share the machine with one another.
  maxWorkers: 1,
};
