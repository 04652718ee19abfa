import {
  createTestApp,
  describeAccess,
  startTestIssuer,
  type TestApp,
  type TestIssuer,
} from '../../src/testing/index.js';

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startTestIssuer();
});
afterAll(() => issuer?.close());

describe.each(['off', 'required'])('with DPOP=%s', (mode) => {
  let app: TestApp;
  beforeAll(async () => {
    const variables = { DPOP: mode, BASE_URL: 'https://api.example.com' };
    app = await createTestApp({ issuer, variables });
  });
  afterAll(() => app?.close());

  describeAccess(() => app);
});
