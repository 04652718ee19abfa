import * as openid from 'openid-client';
import { CALLBACK, CLIENT_ID, NEW_EXPENSE, Servers } from './support/servers.js';

/** Gets a token bound to the key, and calls the API with it. */
async function clientOf(servers: Servers, keys: openid.CryptoKeyPair) {
  const statuses: Record<'token' | 'api', number[]> = { token: [], api: [] };
  const configuration = await openid.discovery(
    new URL(servers.issuer.issuer),
    CLIENT_ID,
    undefined,
    openid.None(),
    { execute: [openid.allowInsecureRequests] },
  );
  configuration[openid.customFetch] = async (url, options) => {
    const response = await fetch(url, options as RequestInit);
    statuses[url.startsWith(servers.apiUrl) ? 'api' : 'token'].push(response.status);
    return response;
  };
  const DPoP = openid.getDPoPHandle(configuration, keys);
  return {
    statuses,
    authorize: async (scope: string) => {
      const verifier = openid.randomPKCECodeVerifier();
      const state = openid.randomState();
      const request = openid.buildAuthorizationUrl(configuration, {
        redirect_uri: CALLBACK,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        dpop_jkt: await DPoP.calculateThumbprint(),
        state,
        scope,
        resource: servers.apiUrl,
      });
      return openid.authorizationCodeGrant(
        configuration,
        await servers.logIn(request),
        { pkceCodeVerifier: verifier, expectedState: state },
        { resource: servers.apiUrl },
        { DPoP },
      );
    },
    call: (token: string, method = 'GET', path = '/', body?: string) =>
      openid.fetchProtectedResource(
        configuration,
        token,
        new URL(path, servers.apiUrl),
        method,
        body,
        new Headers(body === undefined ? undefined : { 'content-type': 'application/json' }),
        { DPoP },
      ),
  };
}

describe('openid-client with a key to prove, where issuer and API want a nonce in each proof', () => {
  let servers: Servers;

  beforeAll(async () => {
    servers = await Servers.start({ nonce: true });
  });
  afterAll(() => servers?.close());

  it('gets a bound token, and is let in with it; whoever has the token but not the key is not', async () => {
    const client = await clientOf(servers, await openid.randomDPoPKeyPair('ES256'));
    const tokens = await client.authorize('read:reports create:expenses');
    expect(tokens.token_type).toBe('dpop');
    expect((await client.call(tokens.access_token)).status).toBe(200);
    expect((await client.call(tokens.access_token, 'POST', '/expenses', NEW_EXPENSE)).status).toBe(201);
    expect(client.statuses).toEqual({ token: [400, 200], api: [401, 200, 201] });
    const thief = await clientOf(servers, await openid.randomDPoPKeyPair('ES256'));
    await expect(thief.call(tokens.access_token)).rejects.toMatchObject({
      status: 401,
      cause: [{ scheme: 'dpop', parameters: { error: 'invalid_token' } }],
    });
  });
});
