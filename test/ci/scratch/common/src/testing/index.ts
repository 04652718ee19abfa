export * from 'nest-resource-server/testing';
export type { TestApp } from '../../test/support/auth-app.js';
