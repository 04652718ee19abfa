import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { freeAddresses } from '../../../../test/support/free-addresses.js';
import { type RunningIssuer, startIssuer } from '../../../issuer/src/start-issuer.js';
import { readTenant, TENANT_FILE } from '../../../issuer/src/tenant.js';
import type { ParsedTenant, SigningAlgorithm } from '../../../issuer/src/tenant.schema.js';
import { createWebApp, type WebAppOptions } from '../../src/app.js';
import { startApi } from './api.js';

export const AUDIENCE = 'https://expenses-api';

const { TEST_TOKEN_ALGORITHM = 'RS256' } = process.env;
/** What access tokens are signed with, and the only algorithm that the API takes: suites hold for each of the issuer's. */
export const TOKEN_ALGORITHM = TEST_TOKEN_ALGORITHM as SigningAlgorithm;

export interface LabOptions {
  /** Life of access tokens, in seconds. The web application renews those with five seconds left, or fewer. */
  readonly tokenLifetimeSeconds?: number;
  /** Changes the sample tenant, such as what a user may allow. */
  readonly tenant?: (tenant: ParsedTenant) => void;
  /** Environment variables of the API that replace the usual ones. */
  readonly api?: Readonly<Record<string, string>>;
  /** Has the issuer ask for a nonce in every proof; the API does by `DPOP_NONCE`. */
  readonly requireDpopNonce?: boolean;
}

export type OtherWeb = Awaited<ReturnType<Lab['startOtherWeb']>>;

/** All three programs, for real, in this process and on free ports. */
export class Lab {
  private issuerStopped = false;

  private constructor(
    readonly issuer: RunningIssuer,
    readonly api: { close(): Promise<void> },
    readonly web: NestFastifyApplication,
    /** Where the web application is, without a slash at the end. */
    readonly url: string,
    readonly apiUrl: string,
    readonly tenant: ParsedTenant,
    private readonly otherUrl: string,
  ) {}

  static async start(options: LabOptions = {}): Promise<Lab> {
    const [url, otherUrl, apiUrl] = (await freeAddresses(3)) as [string, string, string];
    const tenant = tenantFor([url, otherUrl], apiUrl, options);
    const opened: { close(): Promise<void> }[] = [];
    try {
      const issuer = await startIssuer({ port: 0, tenant, requireDpopNonce: options.requireDpopNonce });
      opened.push(issuer);
      const api = await startApi(apiVariables(issuer.issuer, apiUrl, options));
      opened.push(api);
      const web = await startWeb(url, webVariables(issuer.issuer, url, apiUrl, tenant));
      return new Lab(issuer, api, web, url, apiUrl, tenant, otherUrl);
    } catch (error) {
      await Promise.all(opened.map((program) => program.close()));
      throw error;
    }
  }

  /** The name of the web application's session cookie. */
  get cookie(): string {
    return `expenses-${new URL(this.url).port}`;
  }

  /** The sample password of a user. */
  passwordOf(email: string): string {
    return this.tenant.users.find((user) => user.email === email)?.hint ?? '';
  }

  /** A second web application beside the first, with some of its settings changed; close it when done. */
  async startOtherWeb(changes: Record<string, string>, options: Pick<WebAppOptions, 'logTo'> = {}) {
    const usual = webVariables(this.issuer.issuer, this.otherUrl, this.apiUrl, this.tenant);
    const variables = { ...usual, ...changes };
    const app = await startWeb(this.otherUrl, variables, options);
    return { url: this.otherUrl, app, variables, close: () => app.close() };
  }

  /** Takes the issuer away for good. */
  async stopIssuer(): Promise<void> {
    if (this.issuerStopped) return;
    this.issuerStopped = true;
    await this.issuer.close();
  }

  async close(): Promise<void> {
    await Promise.all([this.web.close(), this.api.close(), this.stopIssuer()]);
  }
}

function tenantFor(
  urls: string[],
  apiUrl: string,
  { tokenLifetimeSeconds, tenant: change }: LabOptions,
): ParsedTenant {
  const tenant = readTenant(TENANT_FILE);
  for (const application of tenant.applications.filter(({ clientId }) => clientId === 'expenses-web')) {
    application.redirectUris = urls.map((url) => `${url}/callback`);
    application.postLogoutRedirectUris = urls;
    application.initiateLoginUri = `${urls[0]}/login`;
  }
  for (const api of tenant.apis) {
    api.tokenLifetimeSeconds = tokenLifetimeSeconds ?? api.tokenLifetimeSeconds;
    api.backchannelLogoutUri = `${apiUrl}/backchannel-logout`;
    api.signingAlgorithm = TOKEN_ALGORITHM;
  }
  change?.(tenant);
  return tenant;
}

function apiVariables(issuer: string, apiUrl: string, { api }: LabOptions): Record<string, string> {
  return {
    NODE_ENV: 'test',
    BASE_URL: apiUrl,
    ISSUER_BASE_URL: issuer,
    ALLOWED_AUDIENCES: AUDIENCE,
    TOKEN_ALGORITHMS: TOKEN_ALGORITHM,
    PORT: new URL(apiUrl).port,
    RATE_LIMIT: '0',
    FAILED_AUTH_LIMIT: '0',
    LOG_LEVEL: 'silent',
    ...api,
  };
}

function webVariables(
  issuer: string,
  url: string,
  apiUrl: string,
  tenant: ParsedTenant,
): Record<string, string> {
  const client = tenant.applications.find(({ clientId }) => clientId === 'expenses-web');
  return {
    BASE_URL: url,
    ISSUER_BASE_URL: issuer,
    CLIENT_ID: 'expenses-web',
    CLIENT_SECRET: client?.clientSecret ?? '',
    API_URL: apiUrl,
    // Tests put things between the web application and the API.
    API_RESOURCE: apiUrl,
    API_AUDIENCE: AUDIENCE,
    SESSION_SECRET: 'a secret for the sessions of tests',
  };
}

/** @param url where it listens, which is not its BASE_URL when it is behind a proxy */
async function startWeb(
  url: string,
  variables: Record<string, string>,
  { logTo }: Pick<WebAppOptions, 'logTo'> = {},
): Promise<NestFastifyApplication> {
  const web = await createWebApp({ variables, ...(logTo ? { logTo } : { logger: false }) });
  await web.listen(new URL(url).port, 'localhost');
  return web;
}
