export * from './access.decorators.js';
export * from './permissions.js';
export * from './principal.js';
