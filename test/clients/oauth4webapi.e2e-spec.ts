import * as oauth from 'oauth4webapi';
import { CALLBACK, CLIENT_ID, NEW_EXPENSE, Servers } from './support/servers.js';

const http = { [oauth.allowInsecureRequests]: true };
const client: oauth.Client = { client_id: CLIENT_ID };

let servers: Servers;
let url: URL;

beforeAll(async () => {
  servers = await Servers.start();
  url = new URL(servers.apiUrl);
});
afterAll(() => servers?.close());

/** From the URL of the API to those who give out its tokens (RFC 9728, RFC 8414). */
async function discover(): Promise<{ resource: oauth.ResourceServer; issuer: oauth.AuthorizationServer }> {
  const resource = await oauth.processResourceDiscoveryResponse(
    url,
    await oauth.resourceDiscoveryRequest(url, http),
  );
  const [issuerUrl] = resource.authorization_servers!.map((server) => new URL(server));
  const response = await oauth.discoveryRequest(issuerUrl!, http);
  return { resource, issuer: await oauth.processDiscoveryResponse(issuerUrl!, response) };
}

/** A token for these scopes, by code and PKCE (RFC 7636). */
async function authorize(scope: string): Promise<string> {
  const { resource, issuer } = await discover();
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const request = new URL(issuer.authorization_endpoint!);
  request.search = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT_ID,
    redirect_uri: CALLBACK,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    scope,
    resource: resource.resource,
  }).toString();
  const callback = await servers.logIn(request);
  const answer = await oauth.authorizationCodeGrantRequest(
    issuer,
    client,
    oauth.None(),
    oauth.validateAuthResponse(issuer, client, callback, state),
    CALLBACK,
    verifier,
    { ...http, additionalParameters: { resource: resource.resource } },
  );
  return (await oauth.processAuthorizationCodeResponse(issuer, client, answer)).access_token;
}

const create = (token: string) =>
  oauth.protectedResourceRequest(
    token,
    'POST',
    new URL('/expenses', url),
    new Headers({ 'content-type': 'application/json' }),
    NEW_EXPENSE,
    http,
  );

it('finds in the metadata of the resource what a client needs to know', async () => {
  const { resource, issuer } = await discover();
  expect(resource).toEqual({
    resource: servers.apiUrl,
    authorization_servers: [servers.issuer.issuer],
    scopes_supported: expect.arrayContaining(['read:reports', 'create:expenses']),
    bearer_methods_supported: ['header'],
    resource_name: 'Expenses API',
    resource_documentation: `${servers.apiUrl}/docs`,
    dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'EdDSA']),
    dpop_bound_access_tokens_required: false,
  });
  expect(issuer.code_challenge_methods_supported).toContain('S256');
});

it('gets from the URL to a token with which it is let in, and further by the challenge of a call', async () => {
  const token = await authorize('read:reports');
  const response = await oauth.protectedResourceRequest(token, 'GET', url, undefined, undefined, http);
  expect(response.status).toBe(200);
  const refusal = (await create(token).catch(
    (error: unknown) => error,
  )) as oauth.WWWAuthenticateChallengeError;
  expect(refusal).toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
  expect(refusal.status).toBe(403);
  const [challenge] = refusal.cause;
  expect(challenge).toMatchObject({
    scheme: 'bearer',
    parameters: {
      error: 'insufficient_scope',
      scope: 'create:expenses',
      resource_metadata: `${servers.apiUrl}/.well-known/oauth-protected-resource`,
    },
  });
  const wider = await authorize(`read:reports ${challenge!.parameters.scope}`);
  expect((await create(wider)).status).toBe(201);
});
