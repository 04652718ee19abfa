import { randomBytes, scryptSync } from 'node:crypto';
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

  it('is right however a keyboard composes its letters and spaces', async () => {
    const salt = randomBytes(16);
    const composed = 'Crème brûlée'.normalize('NFC');
    const hash = scryptSync(composed, salt, 32, { N: 1024, r: 8, p: 1 }).toString('base64url');
    const stored = `scrypt$1024$8$1$${salt.toString('base64url')}$${hash}`;
    for (const typed of [composed, composed.normalize('NFD'), composed.replace(' ', '\u00a0')])
      expect(await verifyPassword(typed, stored)).toBe(true);
    expect(await verifyPassword('Creme brulee', stored)).toBe(false);
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
