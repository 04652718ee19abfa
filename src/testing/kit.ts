/**
 * The part of the test kit that needs nothing of this application: a real issuer with real signatures, and the attack
 * suite. Works with every test runner that has `describe` and `it` as globals.
 */
export { describeAccess } from './describe-access.js';
export * from './issuer-faults.js';
export * from './sign-token.js';
export { type KeyAlgorithm, type SigningKey, toJwk } from './signing-key.js';
export * from './test-issuer.js';
