import { Redis } from 'ioredis';
import { describeWithRedis, ownRedis } from '../../../test/support/redis.js';
import { createWebApp } from '../src/app.js';
import { Lab, type OtherWeb } from './support/lab.js';
import { ALICE, BOB, logIn } from './support/people.js';
import { Visitor } from './support/visitor.js';

/** So short that the web application renews the token before every use. */
const ALWAYS_RENEWED_SECONDS = 5;

const isThere = async (visitor: Visitor) => (await visitor.request('/user')).status === 200;

describeWithRedis('Sessions in Redis', () => {
  const REDIS_URL = ownRedis();
  let lab: Lab;
  let web: OtherWeb;
  let redis: Redis;

  beforeAll(async () => {
    lab = await Lab.start({ tokenLifetimeSeconds: ALWAYS_RENEWED_SECONDS });
    redis = new Redis(REDIS_URL);
  });
  beforeEach(async () => {
    web = await lab.startOtherWeb({ REDIS_URL });
  });
  afterEach(() => web?.close());
  afterAll(async () => {
    redis?.disconnect();
    await lab?.close();
  });

  async function loggedIn(email = ALICE): Promise<Visitor> {
    const visitor = new Visitor(web.url);
    await logIn(visitor, lab, email, '/expenses');
    return visitor;
  }

  it('survive a restart', async () => {
    const visitor = await loggedIn();
    await web.close();
    web = await lab.startOtherWeb({ REDIS_URL });
    expect((await visitor.open('/expenses')).heading).toBe('Your expenses');
  });

  it('are shared by two processes, also the end and the renewal of their tokens', async () => {
    const visitor = await loggedIn();
    const second = await createWebApp({ variables: web.variables, logger: false });
    try {
      const cookie = visitor.cookieHeader;
      const atSecond = (url: string) =>
        second.inject({ url, headers: { cookie, host: new URL(web.url).host } });
      // A refresh token is good once: both renew, and only one of them asks.
      const pages = await Promise.all(
        ['/expenses', '/', '/expenses'].flatMap((url) => [visitor.open(url), atSecond(url)]),
      );
      expect(pages.map((page) => ('statusCode' in page ? page.statusCode : page.status))).toEqual(
        Array.from({ length: 6 }, () => 200),
      );
      await visitor.press(await visitor.open('/user'), 'Log out');
      expect((await atSecond('/user')).statusCode).toBe(303);
    } finally {
      await second.close();
    }
  });

  it('are at most ten of a person, the oldest of which ends', async () => {
    const visitors: Visitor[] = [];
    for (let browser = 0; browser < 11; browser += 1) visitors.push(await loggedIn(BOB));
    expect(await isThere(visitors[0]!)).toBe(false);
    expect(await isThere(visitors[1]!)).toBe(true);
    expect(await isThere(visitors[10]!)).toBe(true);
  });

  it('end after two hours without use, and hold nothing that can be read', async () => {
    const visitor = await loggedIn();
    const keys = (await redis.keys(`${redis.options.keyPrefix}web:session:*`)).map((key) =>
      key.slice(redis.options.keyPrefix?.length),
    );
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      expect(await redis.pttl(key)).toBeGreaterThan(0);
      expect(await redis.pttl(key)).toBeLessThanOrEqual(2 * 60 * 60 * 1000);
      expect(await redis.get(key)).toMatch(/^eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
    }
    const id = visitor.cookies.get(`expenses-${new URL(web.url).port}`) ?? '';
    expect(keys.join()).not.toContain(id);
    for (const key of keys) await redis.pexpire(key, 1000);
    // Use makes it last again.
    expect(await isThere(visitor)).toBe(true);
    const lives = await Promise.all(keys.map((key) => redis.pttl(key)));
    expect(Math.max(...lives)).toBeGreaterThan(60 * 60 * 1000);
  });

  it('that cannot be looked up have a page, and nobody is sent to log in', async () => {
    const visitor = await loggedIn();
    await web.close();
    web = await lab.startOtherWeb({ REDIS_URL: 'redis://127.0.0.1:9' });
    const page = await visitor.open('/expenses');
    expect([page.status, page.heading]).toEqual([503, 'Logins cannot be looked up at the moment']);
    expect(page.headers.get('retry-after')).toBe('30');
  });
});
