import { Logger } from '@nestjs/common';
import passport from 'passport';
import { startTestIssuer, type TestIssuer } from '../../testing/index.js';
import { InvalidToken, KeysUnavailable, MissingToken } from '../auth.errors.js';
import { TokenVerifier } from '../token/token-verifier.js';
import { JwtStrategy } from './jwt.strategy.js';
import { TrustedIssuers } from '../issuers/trusted-issuers.js';

let issuer: TestIssuer;
let issuers: TrustedIssuers;
let strategy: JwtStrategy;

beforeEach(async () => {
  Logger.overrideLogger(false);
  issuer = await startTestIssuer();
  const options = { issuerBaseUrl: issuer.url, audiences: [issuer.audience] };
  issuers = new TrustedIssuers(options);
  // Registers itself with passport, as every strategy of @nestjs/passport does.
  strategy = new JwtStrategy(new TokenVerifier(issuers));
});

afterEach(async () => {
  issuers.onModuleDestroy();
  await issuer.close();
});

const requestWith = (authorization?: string) => ({
  headers: { authorization },
  raw: { rawHeaders: [] },
  query: {},
});

/** What passport says of a request, to whoever uses the strategy by its name. */
function authenticate(authorization?: string): Promise<{ error: unknown; user: unknown; info: unknown }> {
  return new Promise((resolve) => {
    passport.authenticate('jwt', { session: false }, (error: unknown, user: unknown, info: unknown) =>
      resolve({ error, user, info }),
    )(requestWith(authorization), {}, resolve);
  });
}

describe('behind passport.authenticate, a request', () => {
  it('with a good token succeeds, with its principal as the user', async () => {
    const { error, user } = await authenticate(`Bearer ${issuer.tokenFor({ sub: 'auth0|alice' })}`);
    expect(error).toBeNull();
    expect(user).toMatchObject({ subject: 'auth0|alice', kind: 'user' });
    expect(Object.isFrozen(user)).toBe(true);
  });

  it('with a bad token fails, with the reason', async () => {
    const forged = issuer.tokenFor().replace(/[^.]+$/, 'AAAA');
    const { error, user, info } = await authenticate(`Bearer ${forged}`);
    expect({ error, user }).toStrictEqual({ error: null, user: false });
    expect(info).toBeInstanceOf(InvalidToken);
    expect(info).toMatchObject({ reason: 'bad_signature' });
  });

  it('with a token that is bound to a key fails, since nothing looks for its proof here', async () => {
    const cnf = { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' };
    for (const scheme of ['Bearer', 'DPoP']) {
      const { user } = await authenticate(`${scheme} ${issuer.tokenFor({ cnf })}`);
      expect(user).toBe(false);
    }
  });

  it('without a token fails as such', async () => {
    const { user, info } = await authenticate();
    expect(user).toBe(false);
    expect(info).toBeInstanceOf(MissingToken);
  });

  it('is an error while the keys cannot be had, not a refusal', async () => {
    await issuer.fail('server-error');
    const { error, user } = await authenticate(`Bearer ${issuer.tokenFor()}`);
    expect(error).toBeInstanceOf(KeysUnavailable);
    expect(user).toBeUndefined();
  });
});

it('says by which of several keys a token without kid was signed', async () => {
  await issuer.rotateKeys({ keepOld: true });
  const token = issuer.sign({ kid: undefined }, issuer.claims());
  const { key } = await strategy.authenticateToken(token);
  expect(await issuers.all[0].keys.find(issuer.signingKey.kid, 'RS256')).toStrictEqual([key]);
});
