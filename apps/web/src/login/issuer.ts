import { Inject, Injectable, Logger } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import * as client from 'openid-client';
import type { Config } from '../config/config.module.js';
import { IssuerUnavailable, LoginFailed, RefusedByIssuer } from './login.errors.js';

/** What ties a callback to the login that began it (RFC 9700, 2.1.1). */
export interface LoginChecks {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** The answer of the token endpoint. */
export type TokenSet = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

const TIMEOUT_SECONDS = 5;

/** The OpenID Connect issuer, through openid-client: authorization code with PKCE, state and nonce. */
@Injectable()
export class Issuer {
  readonly #config: Config;
  readonly #logger = new Logger(Issuer.name);
  #discovered: Promise<client.Configuration> | undefined;

  constructor(@Inject(ConfigService) config: Config) {
    this.#config = config;
  }

  /**
   * Where the browser goes to log in.
   * @param prompt `consent` asks the user again even for what they once declined or accepted
   */
  async loginUrl(checks: LoginChecks, scope: string, prompt?: 'consent'): Promise<URL> {
    return client.buildAuthorizationUrl(await this.#metadata(), {
      redirect_uri: this.#callback.href,
      scope,
      audience: this.#config.get('API_AUDIENCE', { infer: true }),
      state: checks.state,
      nonce: checks.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(checks.codeVerifier),
      code_challenge_method: 'S256',
      ...(prompt && { prompt }),
    });
  }

  /**
   * Exchanges the code in the callback's query for tokens, and asks for the user's claims.
   * @throws client.AuthorizationResponseError the issuer's own error; LoginFailed; IssuerUnavailable
   */
  async completeLogin(query: string, { state, nonce, codeVerifier }: LoginChecks) {
    const metadata = await this.#metadata();
    const callback = new URL(query, this.#callback);
    try {
      const tokens = await client.authorizationCodeGrant(metadata, callback, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (!claims) throw new LoginFailed('The issuer did not say who you are.');
      return { tokens, claims: { ...claims, ...(await this.#userInfo(tokens.access_token, claims.sub)) } };
    } catch (error) {
      if (error instanceof client.AuthorizationResponseError || error instanceof LoginFailed) throw error;
      throw unavailable(error) ?? new LoginFailed('The issuer did not complete the login.', { cause: error });
    }
  }

  /** @throws RefusedByIssuer when the refresh token is no longer good; IssuerUnavailable */
  async refresh(refreshToken: string): Promise<TokenSet> {
    const metadata = await this.#metadata();
    try {
      return await client.refreshTokenGrant(metadata, refreshToken);
    } catch (error) {
      throw unavailable(error) ?? new RefusedByIssuer('The refresh token was refused', { cause: error });
    }
  }

  /**
   * Where the browser goes to log out at the issuer too (RP-Initiated Logout 1.0), or undefined when it has no such
   * place. The ID token is not sent as a hint: it would travel through the browser, and into its history.
   *
   * @param session the issuer's own id of the session (`sid`), as a hint that holds nothing about the user
   */
  async logoutUrl(session: unknown): Promise<URL | undefined> {
    const metadata = await this.#metadata();
    if (!metadata.serverMetadata().end_session_endpoint) return undefined;
    return client.buildEndSessionUrl(metadata, {
      post_logout_redirect_uri: this.#config.get('BASE_URL', { infer: true }),
      ...(typeof session === 'string' && { logout_hint: session }),
    });
  }

  get #callback(): URL {
    return new URL('/callback', this.#config.get('BASE_URL', { infer: true }));
  }

  /** Names and addresses are not in every issuer's ID token. Doing without them spoils no login. */
  async #userInfo(accessToken: string, subject: string): Promise<client.UserInfoResponse | undefined> {
    try {
      return await client.fetchUserInfo(await this.#metadata(), accessToken, subject);
    } catch (error) {
      this.#logger.warn(`No claims from the userinfo endpoint: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** Discovered at the first use and kept; a failure is not kept, so an issuer that starts later is found. */
  #metadata(): Promise<client.Configuration> {
    this.#discovered ??= this.#discover().catch((error: unknown) => {
      this.#discovered = undefined;
      this.#logger.error(`Discovery failed: ${(error as Error).message}`);
      throw unavailable(error) ?? new IssuerUnavailable('Discovery failed', { cause: error });
    });
    return this.#discovered;
  }

  #discover(): Promise<client.Configuration> {
    const server = new URL(this.#config.get('ISSUER_BASE_URL', { infer: true }));
    return client.discovery(
      server,
      this.#config.get('CLIENT_ID', { infer: true }),
      undefined,
      client.ClientSecretPost(this.#config.get('CLIENT_SECRET', { infer: true })),
      {
        timeout: TIMEOUT_SECONDS,
        [client.customFetch]: fetchFromIssuer,
        // The environment's schema admits http for this machine only.
        execute: server.protocol === 'http:' ? [client.allowInsecureRequests] : [],
      },
    );
  }
}

/** Keeps outages apart from refusals: only what is no answer at all, or the server's own fault, is an outage. */
async function fetchFromIssuer(url: string, options: client.CustomFetchOptions): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, options as RequestInit);
  } catch (cause) {
    throw new IssuerUnavailable('The issuer cannot be reached', { cause });
  }
  if (response.status >= 500 || response.status === 429) {
    throw new IssuerUnavailable(`The issuer answered ${response.status}`);
  }
  return response;
}

/** openid-client wraps errors that it does not know. */
function unavailable(error: unknown): IssuerUnavailable | undefined {
  return [error, (error as Error).cause].find((candidate) => candidate instanceof IssuerUnavailable);
}
