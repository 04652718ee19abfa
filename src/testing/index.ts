/** Tests of the application and of modules added to it: the kit, and the real application. */
export * from './kit.js';
export * from './test-app.js';
