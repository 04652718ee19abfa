import { LoginThrottle } from './login-throttle.js';

describe('The login throttle', () => {
  it('refuses a user name from any address after its failures, whatever its case', async () => {
    const throttle = new LoginThrottle({ perUser: 2, perAddress: 100 });
    expect(await throttle.attempt('10.0.0.1', 'alice')).toBe(0);
    expect(await throttle.attempt('10.0.0.2', 'Alice')).toBe(0);
    expect(await throttle.attempt('10.0.0.3', 'ALICE')).toBeGreaterThan(0);
    expect(await throttle.attempt('10.0.0.3', 'bob')).toBe(0);
  });

  it('refuses an address after its failures, whatever the user names', async () => {
    const throttle = new LoginThrottle({ perUser: 100, perAddress: 2 });
    await throttle.attempt('10.0.0.1', 'a');
    await throttle.attempt('10.0.0.1', 'b');
    expect(await throttle.attempt('10.0.0.1', 'c')).toBeGreaterThan(0);
    expect(await throttle.attempt('10.0.0.2', 'c')).toBe(0);
  });

  it('counts attempts that run at the same time', async () => {
    const throttle = new LoginThrottle({ perUser: 3, perAddress: 100 });
    const waits = await Promise.all(Array.from({ length: 10 }, () => throttle.attempt('10.0.0.1', 'alice')));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(3);
  });

  it('does not count logins that succeed', async () => {
    const throttle = new LoginThrottle({ perUser: 2, perAddress: 2 });
    for (let login = 0; login < 5; login += 1) {
      expect(await throttle.attempt('10.0.0.1', 'alice')).toBe(0);
      await throttle.succeeded('10.0.0.1', 'alice');
    }
  });
});
