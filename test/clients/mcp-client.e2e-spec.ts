import {
  auth,
  computeScopeUnion,
  DpopSession,
  extractWWWAuthenticateParams,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthTokens,
  UnauthorizedError,
  withOAuth,
} from '@modelcontextprotocol/client';
import { decodeJwt } from 'jose';
import { AUDIENCE, CALLBACK, CLIENT_ID, NEW_EXPENSE, Servers } from './support/servers.js';

// The client of the Model Context Protocol is unchanged. It finds all it needs from the URL of the API.

/** What the client asks of the application around it: to keep things, and to show a page to a person. */
class Application implements OAuthClientProvider {
  readonly redirectUrl = CALLBACK;
  readonly clientMetadata = { redirect_uris: [CALLBACK], grant_types: ['authorization_code'] };
  /** Where the client wants to send the person to. */
  authorizationUrl?: URL;
  kept: { tokens?: StoredOAuthTokens; verifier?: string; discovered?: OAuthDiscoveryState } = {};

  constructor(readonly session?: DpopSession) {}

  readonly clientInformation = () => ({ client_id: CLIENT_ID });
  readonly tokens = () => this.kept.tokens;
  readonly saveTokens = (tokens: StoredOAuthTokens) => void (this.kept.tokens = tokens);
  readonly redirectToAuthorization = (url: URL) => void (this.authorizationUrl = url);
  readonly saveCodeVerifier = (verifier: string) => void (this.kept.verifier = verifier);
  readonly codeVerifier = () => this.kept.verifier ?? '';
  readonly saveDiscoveryState = (state: OAuthDiscoveryState) => void (this.kept.discovered = state);
  readonly discoveryState = () => this.kept.discovered;
  readonly dpop = () => this.session;
}

/** Calls the API as the client does, which asks for a token when it is refused; notes what was answered. */
function clientOf({ apiUrl }: Servers, application: Application) {
  const statuses: Record<string, number[]> = { api: [], token: [] };
  const noting: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const { origin, pathname } = new URL(response.url);
    if (pathname === '/oauth/token') statuses.token!.push(response.status);
    else if (origin === apiUrl && !pathname.startsWith('/.well-known/')) statuses.api!.push(response.status);
    return response;
  };
  const call = withOAuth(application, apiUrl)(noting);
  return {
    statuses,
    get: () => call(apiUrl),
    create: () =>
      call(`${apiUrl}/expenses`, {
        method: 'POST',
        body: NEW_EXPENSE,
        headers: { 'content-type': 'application/json' },
      }),
    /** Goes on where the person has come back to. */
    finish: (callback: URL) =>
      auth(application, {
        serverUrl: apiUrl,
        authorizationCode: callback.searchParams.get('code') ?? '',
        iss: callback.searchParams.get('iss') ?? undefined,
        fetchFn: noting,
      }),
    /** Asks for what a challenge says is missing, beside what the token has. */
    stepUp: (refused: Response) => {
      const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(refused);
      return auth(application, {
        serverUrl: apiUrl,
        resourceMetadataUrl,
        scope: computeScopeUnion(application.kept.tokens?.scope, scope),
        forceReauthorization: true,
        fetchFn: noting,
      });
    },
  };
}

const asked = ({ authorizationUrl }: Application) => ({
  scope: authorizationUrl?.searchParams.get('scope'),
  resource: authorizationUrl?.searchParams.get('resource'),
});

describe('the client of the Model Context Protocol, which knows the URL of the API', () => {
  let servers: Servers;

  beforeAll(async () => {
    servers = await Servers.start();
  });
  afterAll(() => servers?.close());

  it('gets from the challenge to a token for this API and for the scope of the route, and is let in', async () => {
    const application = new Application();
    const client = clientOf(servers, application);
    await expect(client.get()).rejects.toBeInstanceOf(UnauthorizedError);
    expect(asked(application)).toEqual({ scope: 'read:reports', resource: servers.apiUrl });
    expect(await client.finish(await servers.logIn(application.authorizationUrl!))).toBe('AUTHORIZED');
    const response = await client.get();
    expect(response.status).toBe(200);
    expect(await response.json()).not.toEqual([]);
    expect(client.statuses).toEqual({ api: [401, 200], token: [200] });
    const { aud, scope } = decodeJwt(application.kept.tokens!.access_token);
    expect({ aud, scope }).toEqual({ aud: [AUDIENCE, servers.apiUrl], scope: 'read:reports' });
  });

  it('asks for one more scope by the challenge of the call that needs it', async () => {
    const application = new Application();
    const client = clientOf(servers, application);
    await expect(client.get()).rejects.toBeInstanceOf(UnauthorizedError);
    await client.finish(await servers.logIn(application.authorizationUrl!));
    const refused = await client.create();
    expect(refused.status).toBe(403);
    expect(extractWWWAuthenticateParams(refused)).toMatchObject({
      error: 'insufficient_scope',
      scope: 'create:expenses',
    });
    expect(await client.stepUp(refused)).toBe('REDIRECT');
    expect(asked(application)).toEqual({ scope: 'read:reports create:expenses', resource: servers.apiUrl });
    await client.finish(await servers.logIn(application.authorizationUrl!));
    expect((await client.create()).status).toBe(201);
    expect((await client.get()).status).toBe(200);
  });

  it('proves its key where it has one, and the token is bound to that', async () => {
    const session = await DpopSession.create();
    const application = new Application(session);
    const client = clientOf(servers, application);
    await expect(client.get()).rejects.toBeInstanceOf(UnauthorizedError);
    await client.finish(await servers.logIn(application.authorizationUrl!));
    expect(application.kept.tokens?.token_type).toBe('DPoP');
    expect(decodeJwt(application.kept.tokens!.access_token)).toMatchObject({
      cnf: { jkt: session.thumbprint },
    });
    expect((await client.get()).status).toBe(200);
    // What it was refused before, it is refused under its own scheme.
    const refused = await client.create();
    expect(refused.headers.get('www-authenticate')).toMatch(/^DPoP error="insufficient_scope"/);
    await client.stepUp(refused);
    await client.finish(await servers.logIn(application.authorizationUrl!));
    expect((await client.create()).status).toBe(201);
    expect(client.statuses).toEqual({ api: [401, 200, 403, 201], token: [200, 200] });
  });
});

describe('the client of the Model Context Protocol, where proofs with nonces are required', () => {
  let servers: Servers;

  beforeAll(async () => {
    servers = await Servers.start({ nonce: true });
  });
  afterAll(() => servers?.close());

  it('tries again with the nonce that it was given, by issuer and API, and remembers it', async () => {
    const application = new Application(await DpopSession.create());
    const client = clientOf(servers, application);
    await expect(client.get()).rejects.toBeInstanceOf(UnauthorizedError);
    expect(asked(application)).toEqual({ scope: 'read:reports', resource: servers.apiUrl });
    await client.finish(await servers.logIn(application.authorizationUrl!));
    expect(client.statuses.token).toEqual([400, 200]);
    expect((await client.get()).status).toBe(200);
    expect((await client.get()).status).toBe(200);
    expect(client.statuses.api).toEqual([401, 401, 200, 200]);
  });

  it('gets no further without a key: the token is none that the API takes', async () => {
    const application = new Application();
    const client = clientOf(servers, application);
    await expect(client.get()).rejects.toBeInstanceOf(UnauthorizedError);
    await client.finish(await servers.logIn(application.authorizationUrl!));
    expect(application.kept.tokens?.token_type).toBe('Bearer');
    await expect(client.get()).rejects.toBeInstanceOf(UnauthorizedError);
    expect(client.statuses.api).toEqual([401, 401]);
  });
});
