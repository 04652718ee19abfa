import { ConfigService } from '@nestjs/config';
import type { Config } from '../config/config.module.js';
import { Sealing } from './sealing.js';
import type { Session } from './session.js';
import { MemorySessionStore } from './session-store.js';
import { Sessions } from './sessions.js';

function sealing(secret: string): Sealing {
  return new Sealing(new ConfigService({ SESSION_SECRET: secret }) as unknown as Config);
}

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

const session: Session = {
  claims: { iss: 'https://issuer.example.com/', sub: 'auth0|alice', name: 'Alice' },
  permissions: ['read:reports'],
  accessToken: 'the-access-token',
  accessTokenExpiresAt: Date.now() + 60_000,
  refreshToken: 'the-refresh-token',
  beganAt: Math.floor(Date.now() / 1000),
  again: false,
  endsAt: inAnHour(),
};

describe('Sealing', () => {
  it('opens what it sealed, for the same purpose only', async () => {
    const sealed = await sealing('one').seal('login', { answer: 42 }, inAnHour());
    await expect(sealing('one').open('login', sealed)).resolves.toEqual({ answer: 42 });
    await expect(sealing('one').open('session', sealed)).resolves.toBeUndefined();
  });

  it('opens nothing with another secret, nothing altered and nothing out of date', async () => {
    const sealed = await sealing('one').seal('login', { answer: 42 }, inAnHour());
    const middle = sealed.length - 40;
    const altered = sealed.slice(0, middle) + (sealed[middle] === 'A' ? 'B' : 'A') + sealed.slice(middle + 1);
    await expect(sealing('two').open('login', sealed)).resolves.toBeUndefined();
    await expect(sealing('one').open('login', altered)).resolves.toBeUndefined();
    await expect(sealing('one').open('login', 'nonsense')).resolves.toBeUndefined();
    const old = await sealing('one').seal('login', {}, Math.floor(Date.now() / 1000) - 1);
    await expect(sealing('one').open('login', old)).resolves.toBeUndefined();
  });

  it('hides what it seals', async () => {
    const sealed = await sealing('one').seal('login', { answer: 'plain text' }, inAnHour());
    const parts = sealed.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    expect(parts.join()).not.toContain('plain text');
  });
});

describe('Sessions', () => {
  it('finds a session by its id, each under an id of its own', async () => {
    const sessions = new Sessions(sealing('secret'), new MemorySessionStore());
    const [one, two] = await Promise.all([sessions.begin(session), sessions.begin(session)]);
    expect(one).not.toBe(two);
    expect(Buffer.from(one, 'base64url')).toHaveLength(32);
    await expect(sessions.read(one)).resolves.toEqual(session);
    await expect(sessions.read('another')).resolves.toBeUndefined();
  });

  it('finds nothing after the end', async () => {
    const sessions = new Sessions(sealing('secret'), new MemorySessionStore());
    const id = await sessions.begin(session);
    await sessions.end(id);
    await expect(sessions.read(id)).resolves.toBeUndefined();
    const over = await sessions.begin({ ...session, endsAt: Math.floor(Date.now() / 1000) - 1 });
    await expect(sessions.read(over)).resolves.toBeUndefined();
  });

  it('replaces a session, but does not bring back one that has ended meanwhile', async () => {
    const sessions = new Sessions(sealing('secret'), new MemorySessionStore());
    const id = await sessions.begin(session);
    await sessions.replace(id, { ...session, accessToken: 'another' });
    await expect(sessions.read(id)).resolves.toMatchObject({ accessToken: 'another' });
    const replacing = sessions.replace(id, session);
    await sessions.end(id);
    await replacing;
    await expect(sessions.read(id)).resolves.toBeUndefined();
  });
});
