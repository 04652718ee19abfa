import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { startIssuer, type RunningIssuer } from '../src/start-issuer.js';

const AUDIENCE = 'https://expenses-api';

describe('client_credentials', () => {
  let running: RunningIssuer;

  beforeAll(async () => {
    running = await startIssuer({ port: 0 });
  });
  afterAll(() => running?.close());

  async function requestToken(parameters: Record<string, string>) {
    const response = await fetch(`${running.issuer}oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'lab-cli',
        client_secret: 'sample-secret-of-lab-cli',
        ...parameters,
      }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  }

  function sendJson(body: string): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return fetch(`${running.issuer}oauth/token`, { method: 'POST', headers, body });
  }

  it('gives an application an RS256 JWT for the API that it names in audience', async () => {
    const { status, body } = await requestToken({ audience: AUDIENCE });
    expect(status).toBe(200);
    const { payload, protectedHeader } = await jwtVerify(
      body['access_token']!,
      createRemoteJWKSet(new URL(`${running.issuer}.well-known/jwks.json`)),
      { issuer: running.issuer, audience: AUDIENCE },
    );
    expect(protectedHeader.alg).toBe('RS256');
    expect(payload).toMatchObject({
      sub: 'lab-cli@clients',
      azp: 'lab-cli',
      aud: AUDIENCE,
      gty: 'client-credentials',
      scope: 'read:reports read:history create:expenses update:expenses delete:expenses',
      permissions: ['read:reports', 'read:history', 'create:expenses', 'update:expenses', 'delete:expenses'],
    });
    expect(payload.exp! - payload.iat!).toBe(3600);
  });

  it('takes resource (RFC 8707) for audience and gives no more scope than asked for', async () => {
    const { body } = await requestToken({ resource: AUDIENCE, scope: 'read:reports' });
    expect(decodeJwt(body['access_token']!)).toMatchObject({
      aud: AUDIENCE,
      scope: 'read:reports',
      permissions: ['read:reports'],
    });
  });

  it.each([
    [
      'a scope that the application was not given',
      { audience: AUDIENCE, scope: 'read:all_reports' },
      400,
      'invalid_scope',
    ],
    ['no audience', {}, 400, 'invalid_target'],
    ['an unknown audience', { audience: 'https://other-api' }, 400, 'invalid_target'],
    ['a wrong secret', { audience: AUDIENCE, client_secret: 'a wrong secret' }, 401, 'invalid_client'],
    [
      'a public application',
      { audience: AUDIENCE, client_id: 'expenses-docs', client_secret: '' },
      400,
      'invalid_request',
    ],
    [
      'an application of users',
      { audience: AUDIENCE, client_id: 'expenses-web', client_secret: 'sample-secret-of-expenses-web' },
      400,
      'invalid_request',
    ],
  ])('refuses %s', async (_case, parameters, status, error) => {
    const answer = await requestToken(parameters);
    expect(answer).toMatchObject({ status, body: { error } });
    expect(answer.body).not.toHaveProperty('access_token');
  });

  it('takes the parameters as JSON too, as Auth0 does', async () => {
    const request = {
      grant_type: 'client_credentials',
      client_id: 'lab-cli',
      client_secret: 'sample-secret-of-lab-cli',
      audience: AUDIENCE,
    };
    const response = await sendJson(JSON.stringify(request));
    expect(response.status).toBe(200);
    expect(await response.json()).toHaveProperty('access_token');
    for (const body of ['{', '[]', 'null', JSON.stringify({ ...request, pad: 'x'.repeat(20_000) })]) {
      expect((await sendJson(body)).status).toBe(400);
    }
  });
});
