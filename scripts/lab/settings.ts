import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Tenant } from './greeting.ts';

/** Where the lab's programs keep what they must not lose, and run. */
export const labFolder = join(import.meta.dirname, '..', '..', 'data', 'lab');

/** Where the lab's programs answer. */
export const urls = {
  web: 'http://localhost:3000',
  api: 'http://localhost:3001',
  issuer: 'http://localhost:3002',
};
/** The API's name at the issuer. */
export const audience = 'https://expenses-api';

/** The settings of the API. */
export const apiEnvironment = {
  PORT: '3001',
  ISSUER_BASE_URL: urls.issuer,
  ALLOWED_AUDIENCES: audience,
  CORS_ORIGINS: urls.web,
  REVOCATION: 'on',
  DATABASE_URL: `pglite:${join(labFolder, 'expenses')}`,
  LOG_LEVEL: 'warn',
};

/**
 * The settings of the web application.
 *
 * @param clientSecret of the application `expenses-web`
 */
export function webEnvironment(clientSecret: string): Record<string, string> {
  return {
    PORT: '3000',
    BASE_URL: urls.web,
    ISSUER_BASE_URL: urls.issuer,
    CLIENT_ID: 'expenses-web',
    CLIENT_SECRET: clientSecret,
    API_URL: urls.api,
    API_AUDIENCE: audience,
    LOG_LEVEL: 'warn',
    // A lab's sessions end with the lab.
    SESSION_SECRET: randomUUID() + randomUUID(),
  };
}

/** The settings of the identity lab's own web application, lines of its `.env`. */
export function otherWebEnvironment(tenant: Tenant): string {
  const settings = {
    ISSUER_BASE_URL: urls.issuer,
    CLIENT_ID: 'lab-web',
    CLIENT_SECRET: secretOf(tenant, 'lab-web'),
    API_URL: urls.api,
    API_AUDIENCE: audience,
    PORT: '3000',
    APP_SESSION_SECRET: randomUUID() + randomUUID(),
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

/** The secret of an application in the issuer's tenant; empty for one that has none, or is not there. */
export function secretOf(tenant: Tenant, clientId: string): string {
  return tenant.applications.find((application) => application.clientId === clientId)?.clientSecret ?? '';
}
