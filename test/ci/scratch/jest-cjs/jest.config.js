const decorators = {
  target: 'es2023',
  parser: { syntax: 'typescript', decorators: true },
  transform: { legacyDecorator: true, decoratorMetadata: true },
};

module.exports = {
  testEnvironment: 'node',
  testTimeout: 60_000,
  testMatch: ['**/*.e2e-spec.ts', '**/*.spec.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: decorators, module: { type: 'commonjs' } }] },
};
