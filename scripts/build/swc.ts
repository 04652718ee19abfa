import type { Options } from '@swc/core';

/**
 * How TypeScript becomes JavaScript where types are checked elsewhere: in the tests, and in `npm run lab`, `npm start` and
 * the commands. `npm run build` takes the TypeScript compiler, which checks them.
 */
export const swcOptions: Options = {
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
  module: { type: 'es6' },
};
