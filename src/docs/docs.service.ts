import { Inject, Injectable, Optional } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import {
  AccessRules,
  AUTH_OPTIONS,
  type AuthOptions,
  discover,
  dpopModeOf,
  issuersOf,
  issuerSpellings,
  PROBLEM_DOCUMENTATION,
} from '../auth/index.js';
import type { Environment } from '../config/environment.js';
import { type AuthorizationEndpoints, describeApi } from './openapi.js';

/** Longest time that the issuer is given to name its endpoints, in milliseconds. */
const DISCOVERY_TIMEOUT_MS = 2000;

/** The description of the API, made when it is asked for the first time and kept from then on. */
@Injectable()
export class DocsService {
  private description?: string;
  private known?: Promise<AuthorizationEndpoints>;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
    private readonly rules: AccessRules,
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
    private readonly settings: ConfigService<Environment, true>,
    @Optional() @Inject(PROBLEM_DOCUMENTATION) private readonly documentationUrl?: string,
  ) {}

  /** OpenAPI as JSON. */
  async json(): Promise<string> {
    if (this.description !== undefined) return this.description;
    const endpoints = await this.endpoints();
    const description = JSON.stringify(this.describe(endpoints));
    // What was guessed while the issuer was away is not kept.
    if (this.known !== undefined) this.description = description;
    return description;
  }

  /** The scopes that operations need; those that only widen what one does are not among them. */
  get scopes(): string[] {
    return this.rules.requiredScopes.map((scope) => this.scopePrefix + scope);
  }

  /** Where the Authorize button leads: what the issuer's metadata say, else the paths that Auth0 has. */
  endpoints(): Promise<AuthorizationEndpoints> {
    this.known ??= this.lookUp();
    return this.known;
  }

  /** What the page's client, which asks the first issuer, must put before scopes. */
  private get scopePrefix(): string {
    return issuersOf(this.options)[0].scopePrefix ?? '';
  }

  private async lookUp(): Promise<AuthorizationEndpoints> {
    const [{ issuerBaseUrl, issuer: names = [] }] = issuersOf(this.options);
    const [issuer] = issuerSpellings(issuerBaseUrl);
    const usual = { authorizationUrl: `${issuer}authorize`, tokenUrl: `${issuer}oauth/token` };
    try {
      const metadata = await discover(
        issuerBaseUrl,
        AbortSignal.timeout(DISCOVERY_TIMEOUT_MS),
        [names].flat(),
      );
      return {
        authorizationUrl: metadata.authorizationEndpoint ?? usual.authorizationUrl,
        tokenUrl: metadata.tokenEndpoint ?? usual.tokenUrl,
      };
    } catch {
      // The description is of use without the issuer, too; the next request asks it again.
      this.known = undefined;
      return usual;
    }
  }

  private describe(endpoints: AuthorizationEndpoints) {
    const { modules, config, rules, options, settings, documentationUrl } = this;
    const described = {
      modules,
      config,
      rules,
      resourceMetadataUrl: options.resourceMetadataUrl,
      scopePrefix: this.scopePrefix,
      baseUrl: settings.get('BASE_URL', { infer: true }),
      takesProofs: dpopModeOf(options) !== 'off',
      needsRevocations:
        settings.get('REVOCATION', { infer: true }) === 'on' &&
        settings.get('REVOCATION_ON_OUTAGE', { infer: true }) === 'deny',
      documentationUrl,
    };
    return describeApi(described, endpoints);
  }
}
