import { isPasswordHash, verifyPassword } from './passwords.js';
import { readTenant, TENANT_FILE } from './tenant.js';

describe('A password', () => {
  const [alice, bob] = readTenant(TENANT_FILE).users;

  it('is right for the hash that was made of it, and for no other', async () => {
    expect(await verifyPassword(alice!.hint!, alice!.passwordHash)).toBe(true);
    expect(await verifyPassword(alice!.hint!, bob!.passwordHash)).toBe(false);
    expect(await verifyPassword('', alice!.passwordHash)).toBe(false);
  });

  it('is wrong for a user who does not exist, at the price of one that does', async () => {
    expect(await verifyPassword('anything')).toBe(false);
  });

  it('has a hash of one form only', () => {
    expect(isPasswordHash(alice!.passwordHash)).toBe(true);
    for (const other of [
      '',
      'secret',
      alice!.passwordHash.replace('scrypt', 'md5'),
      `${alice!.passwordHash}$`,
    ]) {
      expect(isPasswordHash(other)).toBe(false);
    }
  });
});
