import base from './jest.config.js';

/** Tests of the whole lab in a real browser; see test/browser. @type {import('jest').Config} */
export default {
  ...base,
  roots: ['<rootDir>/test/browser'],
  testMatch: ['**/*.browser-spec.ts'],
  testTimeout: 60_000,
  maxWorkers: 1,
};
