import * as client from 'openid-client';
import { readTenant, TENANT_FILE } from '../../src/tenant.js';
import { Browser, type Page } from './browser.js';

export const AUDIENCE = 'https://expenses-api';
export const CALLBACK = 'http://localhost:3000/callback';
export const PASSWORDS: Record<string, string> = Object.fromEntries(
  readTenant(TENANT_FILE).users.map(({ email, hint }) => [email, hint ?? '']),
);

type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

/** An application of the tenant, written with openid-client. */
export class RelyingParty {
  private constructor(
    readonly issuer: string,
    readonly configuration: client.Configuration,
  ) {}

  static async discover(issuer: string, clientId: string): Promise<RelyingParty> {
    const application = readTenant(TENANT_FILE).applications.find((app) => app.clientId === clientId);
    const secret = application?.clientSecret;
    const configuration = await client.discovery(
      new URL(issuer),
      clientId,
      undefined,
      secret ? client.ClientSecretBasic(secret) : client.None(),
      { execute: [client.allowInsecureRequests] },
    );
    return new RelyingParty(issuer, configuration);
  }

  /** Makes an authorization request by code and PKCE, whose answer `redeem` takes. */
  async request(parameters: Record<string, string>): Promise<AuthorizationRequest> {
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const nonce = client.randomNonce();
    const url = client.buildAuthorizationUrl(this.configuration, {
      redirect_uri: CALLBACK,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...parameters,
    });
    return {
      url,
      redeem: (answer, tokenParameters) =>
        client.authorizationCodeGrant(
          this.configuration,
          answer.url,
          { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
          tokenParameters,
        ),
    };
  }

  /** Requests, logs in, accepts whatever is asked, and redeems the code. */
  async logIn(
    browser: Browser,
    email: string,
    parameters: Record<string, string>,
    tokenParameters?: Record<string, string>,
  ): Promise<Tokens> {
    const request = await this.request(parameters);
    let page = await browser.open(request.url);
    if (page.heading === 'Log in') page = await enterPassword(browser, page, email);
    if (page.heading === 'Allow access?') page = await browser.press(page, 'Accept');
    return request.redeem(page, tokenParameters);
  }

  refresh(refreshToken: string | undefined, parameters?: Record<string, string>): Promise<Tokens> {
    return client.refreshTokenGrant(this.configuration, refreshToken ?? '', parameters);
  }
}

export interface AuthorizationRequest {
  url: URL;
  redeem(answer: Page, tokenParameters?: Record<string, string>): Promise<Tokens>;
}

/** Sends the login page with the sample password of the user. */
export function enterPassword(
  browser: Browser,
  page: Page,
  email: string,
  password = PASSWORDS[email] ?? '',
): Promise<Page> {
  return browser.press(page, 'Log in', { user_name: email, password });
}

/** Asks /userinfo with the token as it is, whatever openid-client thinks of it. */
export function askUserinfo(issuer: string, token: string): Promise<Response> {
  return fetch(`${issuer}userinfo`, { headers: { authorization: `Bearer ${token}` } });
}

/** The `error` of a request that fails with an OAuth error. */
export async function oauthErrorOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof client.ResponseBodyError || error instanceof client.AuthorizationResponseError) {
      return error.error;
    }
    throw error;
  }
  return 'no error';
}
