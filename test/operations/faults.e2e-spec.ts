import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';

const HOUR_MS = 3_600_000;
const scopes = ['read:reports'];

describe('when the clock jumps', () => {
  const now = Date.now;
  let issuer: TestIssuer | undefined;
  let app: TestApp | undefined;

  beforeAll(async () => {
    issuer = await startTestIssuer();
    app = await createAuthApp(issuer);
  });
  afterEach(() => {
    Date.now = now;
  });
  afterAll(async () => {
    await app?.close();
    await issuer?.close();
  });

  const jump = (milliseconds: number) => {
    Date.now = () => now() + milliseconds;
  };
  const status = async (token: string) => (await app!.get('/secured', token)).statusCode;

  it('forward past exp, a remembered token is refused like any other', async () => {
    const token = issuer!.tokenFor({ scopes });
    expect(await status(token)).toBe(200);
    jump(2 * HOUR_MS);
    expect(await status(token)).toBe(401);
    expect(await status(issuer!.sign({}, issuer!.claims({ scopes, iat: 1, exp: now() / 1000 + 60 })))).toBe(
      401,
    );
  });

  it('forward and back again, the token is good again until its exp', async () => {
    const token = issuer!.tokenFor({ scopes });
    jump(2 * HOUR_MS);
    expect(await status(token)).toBe(401);
    jump(0);
    expect(await status(token)).toBe(200);
  });

  it('back, a token that was issued meanwhile is refused as issued in the future', async () => {
    const fresh = issuer!.tokenFor({ scopes });
    jump(-HOUR_MS);
    expect(await status(fresh)).toBe(401);
  });

  it.each([2 * HOUR_MS, -2 * HOUR_MS])(
    'by %i ms, the keys stay usable and are not fetched for it',
    async (by) => {
      await status(issuer!.tokenFor({ scopes }));
      const { keys } = issuer!.requests;
      jump(by);
      const issuedThen = issuer!.tokenFor({ scopes });
      expect(await status(issuedThen)).toBe(200);
      expect(issuer!.requests.keys).toBe(keys);
    },
  );
});
