import base from './jest.config.js';

/** Tests of the whole lab in a real browser; see test/browser. @type {import('jest').Config} */
export default {
  ...base,
  roots: ['<rootDir>/test/browser'],
  testMatch: ['**/*.browser-spec.ts'],
  // A browser without a graphics card is slow on a busy machine.
  testTimeout: 180_000,
  maxWorkers: 1,
};
