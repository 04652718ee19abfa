import { Inject, Injectable, Logger } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import * as client from 'openid-client';
import type { Config } from '../config/config.module.js';
import type { ProofKey } from '../sessions/session.js';
import { discoverIssuer } from './issuer-discovery.js';
import { failureOf } from './issuer-failures.js';
import { LoginFailed } from './login.errors.js';
import { PROOF_ALGORITHM, ProofKeys } from './proof-keys.js';

/** What ties a callback to the login that began it (RFC 9700, 2.1.1). */
export interface LoginChecks {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** How old the login may be, in seconds; undefined where it does not matter. */
  readonly maxAge?: number;
}

/** How the issuer is to ask (OpenID Connect Core, 3.1.2.1). */
export interface LoginRequest {
  readonly scope: string;
  /** `consent` asks the user again even for what they once answered; `select_account` lets them choose who they are. */
  readonly prompt?: string;
  /** Who is expected to log in. */
  readonly loginHint?: string;
}

/** The answer of the token endpoint. */
export type TokenSet = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

/** What the issuer granted. */
export interface Grant {
  readonly tokens: TokenSet;
  /** The key that the access token is bound to (RFC 9449); absent when it is a bearer token. */
  readonly proofKey?: ProofKey;
}

/**
 * The OpenID Connect issuer, through openid-client: authorization code with PKCE, state and nonce, and tokens that are
 * bound to a key where the issuer does that. Whatever it refuses or does not answer is logged here, once, with a
 * reference that the error carries to the page.
 */
@Injectable()
export class Issuer {
  readonly #config: Config;
  readonly #logger = new Logger(Issuer.name);
  #discovered: Promise<client.Configuration> | undefined;

  constructor(
    @Inject(ConfigService) config: Config,
    private readonly proofKeys: ProofKeys,
  ) {
    this.#config = config;
  }

  /**
   * Where the browser goes to log in.
   * @throws IssuerUnavailable
   */
  async loginUrl(checks: LoginChecks, { scope, prompt, loginHint }: LoginRequest): Promise<URL> {
    return client.buildAuthorizationUrl(await this.#metadata(), {
      redirect_uri: this.#callback.href,
      scope,
      audience: this.#config.get('API_AUDIENCE', { infer: true }),
      state: checks.state,
      nonce: checks.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(checks.codeVerifier),
      code_challenge_method: 'S256',
      ...(checks.maxAge !== undefined && { max_age: String(checks.maxAge) }),
      ...(prompt !== undefined && { prompt }),
      ...(loginHint !== undefined && { login_hint: loginHint }),
    });
  }

  /**
   * The issuer's identifier (`iss`).
   * @throws IssuerUnavailable
   */
  async name(): Promise<string> {
    return (await this.#metadata()).serverMetadata().issuer;
  }

  /**
   * Exchanges the code in the callback's query for tokens, and asks for the user's claims.
   * @throws AccessDenied, LoginFailed, GrantRefused, ServiceFault, IssuerUnavailable
   */
  async completeLogin(query: string, { state, nonce, codeVerifier, maxAge }: LoginChecks) {
    const metadata = await this.#metadata();
    const callback = new URL(query, this.#callback);
    const checks = {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: codeVerifier,
      idTokenExpected: true,
      ...(maxAge !== undefined && { maxAge }),
    };
    const grant = await this.#bound(undefined, (proving) =>
      this.#asking('Login, answer and token endpoint', async () => {
        checkShape(callback, metadata.serverMetadata().issuer);
        return client.authorizationCodeGrant(metadata, callback, checks, undefined, proving);
      }),
    );
    const claims = grant.tokens.claims();
    if (!claims) throw new LoginFailed('The login service did not say who you are.');
    const { iss, sub } = claims;
    return { ...grant, claims: { ...claims, ...(await this.#userInfo(grant, sub)), iss, sub } };
  }

  /**
   * @param proofKey that the tokens were bound to until now; those that were not are bound to a fresh one
   * @throws GrantRefused when the refresh token is no longer good; ServiceFault, IssuerUnavailable
   */
  async refresh(refreshToken: string, proofKey?: ProofKey): Promise<Grant> {
    const metadata = await this.#metadata();
    return this.#bound(proofKey, (proving) =>
      this.#asking('Renewal, token endpoint', () =>
        client.refreshTokenGrant(metadata, refreshToken, undefined, proving),
      ),
    );
  }

  /**
   * Takes a refresh token back (RFC 7009), where the issuer offers that.
   * @throws ServiceFault, IssuerUnavailable
   */
  async revoke(refreshToken: string): Promise<void> {
    const metadata = await this.#metadata();
    if (!metadata.serverMetadata().revocation_endpoint) return;
    const parameters = { token_type_hint: 'refresh_token' };
    await this.#asking('Log out, revocation endpoint', () =>
      client.tokenRevocation(metadata, refreshToken, parameters),
    );
  }

  /**
   * Where the browser goes to log out at the issuer too (RP-Initiated Logout 1.0), or undefined when it has no such
   * place. The ID token is not sent as a hint: it would travel through the browser, and into its history.
   *
   * @param session the issuer's own id of the session (`sid`), as a hint that holds nothing about the user
   * @param state comes back with the browser
   * @throws IssuerUnavailable
   */
  async logoutUrl(session: unknown, state: string): Promise<URL | undefined> {
    const metadata = await this.#metadata();
    if (!metadata.serverMetadata().end_session_endpoint) return undefined;
    return client.buildEndSessionUrl(metadata, {
      post_logout_redirect_uri: this.#config.get('BASE_URL', { infer: true }),
      state,
      ...(typeof session === 'string' && { logout_hint: session }),
    });
  }

  /** The page where people see and take back what they allowed, when the issuer names one. */
  async accountPage(): Promise<string | undefined> {
    const metadata = await this.#metadata().catch(() => undefined);
    const page = metadata?.serverMetadata()['account_management_uri'];
    return typeof page === 'string' && /^https?:/.test(page) ? page : undefined;
  }

  /**
   * Asks for the metadata anew, to see whether the issuer answers now.
   * @throws IssuerUnavailable
   */
  async assertReachable(): Promise<void> {
    await this.#discover();
  }

  get #callback(): URL {
    return new URL('/callback', this.#config.get('BASE_URL', { infer: true }));
  }

  /** Asks for tokens that are bound to a key, where the issuer says that it can do that (RFC 9449, 5.1). */
  async #bound(
    known: ProofKey | undefined,
    ask: (proving: client.DPoPOptions) => Promise<TokenSet>,
  ): Promise<Grant> {
    const { dpop_signing_alg_values_supported: algorithms = [] } = (await this.#metadata()).serverMetadata();
    if (!algorithms.includes(PROOF_ALGORITHM)) return { tokens: await ask({}) };
    const proofKey = known ?? (await this.proofKeys.create());
    const tokens = await ask({ DPoP: await this.proofKeys.prover(proofKey) });
    return tokens.token_type === 'dpop' ? { tokens, proofKey } : { tokens };
  }

  /** Names and addresses are not in every issuer's ID token. Doing without them spoils no login. */
  async #userInfo(
    { tokens, proofKey }: Grant,
    subject: string,
  ): Promise<client.UserInfoResponse | undefined> {
    try {
      const proving = proofKey && { DPoP: await this.proofKeys.prover(proofKey) };
      return await client.fetchUserInfo(await this.#metadata(), tokens.access_token, subject, proving);
    } catch (error) {
      this.#logger.warn((await failureOf(error, 'Login without claims, userinfo endpoint')).log);
      return undefined;
    }
  }

  /** Discovered at the first use and kept; a failure is not kept, so an issuer that starts later is found. */
  #metadata(): Promise<client.Configuration> {
    this.#discovered ??= this.#discover().catch((error: unknown) => {
      this.#discovered = undefined;
      throw error;
    });
    return this.#discovered;
  }

  #discover(): Promise<client.Configuration> {
    return this.#asking('Discovery', () => discoverIssuer(this.#config));
  }

  async #asking<T>(endpoint: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (cause) {
      const { error, log } = await failureOf(cause, endpoint);
      this.#logger.warn(log);
      throw error;
    }
  }
}

/** Tells an answer that nobody could use from a fault of the token endpoint, which openid-client does not. */
function checkShape({ searchParams }: URL, issuer: string): void {
  const answers = [...searchParams.getAll('code'), ...searchParams.getAll('error')];
  const senders = searchParams.getAll('iss');
  if (answers.length !== 1 || senders.some((sender) => sender !== issuer)) {
    throw new LoginFailed('The answer of the login service cannot be used.');
  }
}
