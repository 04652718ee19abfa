/**
 * Tests of the application and of modules added to it: a real issuer with real signatures, and the real application.
 * Needs the peer dependency @nestjs/testing; works with any test runner.
 */
export { describeAccess } from './describe-access.js';
export * from './issuer-faults.js';
export * from './sign-token.js';
export { type KeyAlgorithm, type SigningKey, toJwk } from './signing-key.js';
export * from './test-app.js';
export * from './test-issuer.js';
