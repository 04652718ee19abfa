import { jest } from '@jest/globals';
import { passTime } from './support/clock.js';
import { Lab, type OtherWeb } from './support/lab.js';
import { ALICE, logIn } from './support/people.js';
import { Visitor } from './support/visitor.js';

describe('An issuer whose clock is ahead', () => {
  const original = globalThis.fetch;
  const log: string[] = [];
  let lab: Lab;
  let web: OtherWeb;
  let seconds: number;

  beforeAll(async () => {
    lab = await Lab.start();
    web = await lab.startOtherWeb({}, { logTo: { write: (line) => void log.push(line) } });
    // All programs run in this process: the clock is another one only while the issuer makes tokens.
    globalThis.fetch = async (input, init) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      if (pathname !== '/oauth/token') return original(input, init);
      passTime(seconds);
      try {
        return await original(input, init);
      } finally {
        jest.useRealTimers();
      }
    };
  });
  beforeEach(() => {
    log.length = 0;
  });
  afterAll(async () => {
    globalThis.fetch = original;
    await web?.close();
    await lab?.close();
  });

  const warnings = () =>
    log
      .map((line) => JSON.parse(line) as { level: string; msg: string })
      .filter(({ level }) => level === 'warn')
      .map(({ msg }) => msg);

  it('by 8 seconds does no harm', async () => {
    seconds = 8;
    const page = await logIn(new Visitor(web.url), lab, ALICE, '/expenses');
    expect(page.heading).toBe('Your expenses');
    expect(warnings()).toEqual([]);
  });

  it('by 20 seconds is a fault of the service, said once and logged with the API’s reason', async () => {
    seconds = 20;
    const visitor = new Visitor(web.url);
    const page = await logIn(visitor, lab, ALICE, '/expenses');
    expect([page.status, page.heading]).toEqual([500, 'The expenses service does not accept your login']);
    expect(page.text('.trouble')).toContain('logging in again will not help');
    expect(page.texts('.trouble a')).toEqual(['Go to the home page']);
    expect(warnings()).toEqual([expect.stringMatching(/^The API refuses a fresh access token: .*future/)]);
    const logins = visitor.exchanges.filter(({ url }) => new URL(url).pathname === '/authorize');
    expect(logins).toHaveLength(1);
  });
});
