import { PRODUCTION_ENVIRONMENT, PRODUCTION_NODE_OPTIONS } from './settings.js';

const API = {
  checksTokens: true,
  ours: true,
  nodeOptions: PRODUCTION_NODE_OPTIONS,
  environment: PRODUCTION_ENVIRONMENT,
};

/**
 * What is compared, in the order of the tables. `name` is the file in servers/; `checksTokens` is false for those
 * that let everybody in; `ours` marks the API and its AuthModule and `isReference` what only
 * shows the least that something can cost, both of which are no peers; `nodeOptions` and
 * `environment` are those that it is run with.
 */
export const SERVERS = [
  { name: 'node-http', label: 'bare node:http, no authentication', checksTokens: false },
  { name: 'fastify', label: 'Fastify, no authentication', checksTokens: false },
  { name: 'nest-fastify', label: 'Nest on Fastify, no authentication', checksTokens: false },
  {
    name: 'nest-fastify-guards',
    label: 'Nest on Fastify, two guards that do nothing',
    checksTokens: false,
  },
  {
    name: 'nest-fastify-guards-rs256',
    label: 'Nest on Fastify, two guards that do the least a token needs',
    checksTokens: true,
    isReference: true,
  },
  { name: 'node-http-rs256', label: 'bare node:http + one RS256 verification', checksTokens: false },
  {
    name: 'nest-fastify-auth',
    label: 'Nest on Fastify + our AuthModule',
    checksTokens: true,
    ours: true,
  },
  {
    name: 'nest-fastify-auth-answers',
    label: 'Nest on Fastify + our AuthModule + the least that answers need',
    checksTokens: true,
    ours: true,
  },
  { name: 'expenses-api', label: 'expenses-api', ...API },
  { name: 'expenses-api-observed', label: 'expenses-api, with request log and metrics', ...API },
  { name: 'fast-jwt', label: 'Fastify + fast-jwt (cache) + get-jwks', checksTokens: true },
  { name: 'fastify-jwt', label: '@fastify/jwt (cache) + get-jwks', checksTokens: true },
  { name: 'express-oauth2-jwt-bearer', label: 'Express + express-oauth2-jwt-bearer', checksTokens: true },
  { name: 'express-jwt', label: 'Express + express-jwt + authz + jwks-rsa', checksTokens: true },
  { name: 'nest-passport-jwt', label: 'Nest (Express) + passport-jwt + jwks-rsa', checksTokens: true },
  {
    name: 'nest-fastify-passport-jwt',
    label: 'Nest (Fastify) + passport-jwt + jwks-rsa',
    checksTokens: true,
  },
];

/** Those whose refusals of requests without a token are compared. */
export const REFUSING_SERVERS = [
  { name: 'node-http-401', label: 'bare node:http that answers 401 to everything' },
  { name: 'expenses-api', label: 'expenses-api', ...API },
];
