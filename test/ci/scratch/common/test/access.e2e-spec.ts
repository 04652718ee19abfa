import { describeAccess, startTestIssuer, type TestApp, type TestIssuer } from '../src/testing/index.js';
import { createAuthApp } from './support/auth-app.js';
import { rawRequest } from './support/raw-request.js';

let issuer: TestIssuer;
let api: TestApp;

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await createAuthApp(issuer);
});
afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

describeAccess(() => api);

it('a stranger is refused before the body is parsed, a caller without the scope as well', async () => {
  const url = await api.listen();
  const send = (...headers: string[]) =>
    rawRequest(url, 'POST /secured HTTP/1.1', ['content-type: application/json', ...headers], '{"broken"');
  const bearer = (scope: string) => `authorization: Bearer ${issuer.tokenFor({ scopes: [scope] })}`;
  expect((await send()).statusCode).toBe(401);
  expect((await send(bearer('read:reports'))).statusCode).toBe(403);
  expect((await send(bearer('create:expenses'))).statusCode).toBe(400);
});
