import type { JWK } from 'jose';
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import {
  interactionPolicy,
  Provider,
  type Account,
  type Configuration,
  type Grant,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import { readUserinfoToken, scopeWords, shapeAccessToken } from './access-tokens.js';
import { ACCOUNT_CLIENT_ID, clientsOf } from './clients.js';
import { Consents } from './consents.js';
import { OidcAdapter } from './oidc-adapter.js';
import { resourceServer, requestedAudience } from './resource-servers.js';
import { findApplication, findUser, OIDC_SCOPES } from './tenant.js';
import type { ParsedTenant, User } from './tenant.schema.js';
import { PASSWORD_ACR } from './pages/login-page.js';
import { interactionPath } from './pages/interaction.js';
import { renderError, renderLoggedOut, renderLogout } from './pages/provider-pages.js';

const DAY = 24 * 60 * 60;

/** What oidc-provider is configured from. */
export interface ProviderOptions {
  /** With the slash at the end. */
  issuer: string;
  tenant: ParsedTenant;
  database: DatabaseSync;
  /** Private keys; the first one signs. */
  keys: JWK[];
  /** Signs cookies and makes nonces; the same after a restart. */
  cookieSecret: string;
  /** Whether every DPoP proof needs a nonce of ours (RFC 9449, 8). */
  requireDpopNonce: boolean;
}

/** Where Auth0's clients look for its endpoints. */
const ROUTES: Configuration['routes'] = {
  authorization: '/authorize',
  token: '/oauth/token',
  revocation: '/oauth/revoke',
  userinfo: '/userinfo',
  jwks: '/.well-known/jwks.json',
  end_session: '/oidc/logout',
};

/** How long things live, in seconds. */
const LIFETIMES: Configuration['ttl'] = {
  AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? DAY,
  ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? DAY,
  AuthorizationCode: 60,
  IdToken: 36_000,
  Interaction: 15 * 60,
  // A token that replaces another ends when that one would have: busy clients have to ask again, too.
  RefreshToken: (ctx) => ctx?.oidc.entities.RotatedRefreshToken?.remainingTTL ?? 30 * DAY,
  Session: 7 * DAY,
  Grant: 365 * DAY,
};

/** Configures oidc-provider so that a client made for Auth0 finds what it expects. */
export function createProvider({
  issuer,
  tenant,
  database,
  keys,
  cookieSecret,
  requireDpopNonce,
}: ProviderOptions): Provider {
  const consents = new Consents(database);
  const userinfoUrl = `${issuer}userinfo`;
  const configuration: Configuration = {
    adapter: (model) =>
      model === 'AccessToken'
        ? new AccessTokenAdapter(database, (jwt) =>
            readUserinfoToken(jwt, { issuer, userinfoUrl, keys, grantIdOf: consents.idOf.bind(consents) }),
          )
        : new OidcAdapter(model, database),
    jwks: { keys },
    clients: clientsOf(tenant, issuer),
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientBasedCORS: (_ctx, origin, client) =>
      client.redirectUris?.some((uri) => URL.parse(uri)?.origin === origin) ?? false,
    // Cookies are shared by all ports of localhost: names of our own.
    cookies: {
      keys: [cookieSecret],
      names: { session: 'issuer_session', interaction: 'issuer_interaction', resume: 'issuer_resume' },
    },
    routes: ROUTES,
    scopes: [...OIDC_SCOPES],
    claims: { openid: ['sub'], profile: ['name', 'nickname'], email: ['email', 'email_verified'] },
    acrValues: [PASSWORD_ACR],
    conformIdTokenClaims: false,
    discovery: { account_management_uri: `${issuer}applications` },
    responseTypes: ['code', 'code id_token', 'none'],
    features: featuresOf({ tenant, cookieSecret, requireDpopNonce }),
    extraParams: { audience: restoreOfflineAccess },
    formats: {
      customizers: {
        jwt: (ctx, token, parts) => shapeAccessToken(ctx, token, parts.payload, userinfoUrl),
      },
    },
    interactions: {
      policy: interactions(),
      url: (_ctx, { uid, params }) => interactionPath(uid, String(params['client_id'])),
    },
    findAccount: (_ctx, id) => accountOf(findUser(tenant, id)),
    loadExistingGrant: (ctx) => grantFor(ctx, consents),
    rotateRefreshToken: (ctx) =>
      findApplication(tenant, ctx.oidc.client?.clientId)?.refreshTokenRotation ?? true,
    // As at Auth0, tokens outlive the browser session, and no token's end takes the consent with it.
    expiresWithSession: () => false,
    revokeGrantPolicy: () => false,
    pkce: { required: (_ctx, client) => findApplication(tenant, client.clientId)?.pkceRequired ?? true },
    renderError: (ctx, out, error) => renderError(ctx, out, error, { tenant, database }),
    ttl: LIFETIMES,
  };
  const provider = new Provider(issuer, configuration);
  // As at Auth0, every ID token names the session, so that a log out can say which one it means.
  provider.Client.prototype.includeSid = () => true;
  return provider;
}

/** The parts of OAuth 2.0 and OpenID Connect that are offered. */
function featuresOf({
  tenant,
  cookieSecret,
  requireDpopNonce,
}: Pick<ProviderOptions, 'tenant' | 'cookieSecret' | 'requireDpopNonce'>): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    dPoP: {
      enabled: true,
      nonceSecret: createHash('sha256').update(`dpop-nonce:${cookieSecret}`).digest(),
      requireNonce: () => requireDpopNonce,
    },
    pushedAuthorizationRequests: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: renderLogout,
      postLogoutSuccessSource: renderLoggedOut,
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: requestedAudience,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, identifier, client) => resourceServer(ctx, identifier, client, tenant),
    },
  };
}

/** A user as oidc-provider's account, with the claims that ID tokens and /userinfo tell of them. */
function accountOf(user: User | undefined): Account | undefined {
  return (
    user && {
      accountId: user.id,
      claims: () => ({
        sub: user.id,
        name: user.name,
        nickname: user.email.split('@')[0],
        email: user.email,
        email_verified: true,
      }),
    }
  );
}

/** What the user has allowed the application so far. Our own page needs nobody's consent. */
async function grantFor({ oidc }: KoaContextWithOIDC, consents: Consents): Promise<Grant | undefined> {
  const clientId = oidc.client?.clientId ?? '';
  const accountId = oidc.account?.accountId ?? '';
  if (clientId !== ACCOUNT_CLIENT_ID) return consents.find(oidc.provider, accountId, clientId);
  const grant = new oidc.provider.Grant({ accountId, clientId });
  grant.addOIDCScope('openid');
  return grant;
}

/**
 * An account can be chosen; consent is asked for what was not granted yet, and 'native' clients are no exception on this
 * machine.
 */
function interactions(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy
    .get('login')
    ?.checks.add(new interactionPolicy.Check('acr', 'another way to log in was asked for', lacksAcr));
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);
  policy.get('consent')?.checks.remove('native_client_prompt');
  return policy;
}

/** A password is the only way to log in here: it is asked for once, whatever else was asked for (RFC 9470, 4). */
function lacksAcr({ oidc }: KoaContextWithOIDC): boolean {
  const asked = scopeWords(oidc.params?.['acr_values']);
  if (asked.length === 0 || oidc.result?.login) return interactionPolicy.Check.NO_NEED_TO_PROMPT;
  return asked.includes(oidc.session?.acr ?? '')
    ? interactionPolicy.Check.NO_NEED_TO_PROMPT
    : interactionPolicy.Check.REQUEST_PROMPT;
}

/**
 * Puts `offline_access` back into the scope: oidc-provider drops it unless `prompt=consent` was asked for (OpenID
 * Connect Core, 11), Auth0 does not. A check of an extra parameter is the first place after that where we are called.
 */
function restoreOfflineAccess(ctx: KoaContextWithOIDC): void {
  const { params, client } = ctx.oidc;
  const asked = scopeWords(ctx.query['scope']).includes('offline_access');
  if (!params || !asked || !client?.grantTypeAllowed('refresh_token')) return;
  if (!scopeWords(params['response_type']).includes('code')) return;
  params['scope'] = [...new Set([...scopeWords(params['scope']), 'offline_access'])].join(' ');
}

/** Opaque tokens are in the database; a JWT brings everything with it. */
class AccessTokenAdapter extends OidcAdapter {
  constructor(
    database: DatabaseSync,
    private readonly readJwt: typeof OidcAdapter.prototype.find,
  ) {
    super('AccessToken', database);
  }

  override find(value: string): ReturnType<OidcAdapter['find']> {
    return value.includes('.') ? this.readJwt(value) : super.find(value);
  }
}
