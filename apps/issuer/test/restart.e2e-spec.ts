import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../src/database.js';
import { SigningKeys } from '../src/signing-keys.js';
import { startIssuer, type RunningIssuer } from '../src/start-issuer.js';
import { Browser } from './support/browser.js';
import { askUserinfo, AUDIENCE, RelyingParty } from './support/relying-party.js';

const REQUEST = { audience: AUDIENCE, scope: 'openid offline_access read:reports' };

describe('An issuer with a data folder', () => {
  let folder: string;
  let running: RunningIssuer;
  let web: RelyingParty;
  let browser: Browser;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'issuer-'));
    running = await startIssuer({ port: 0, dataFolder: folder });
    web = await RelyingParty.discover(running.issuer, 'expenses-web');
    browser = new Browser(running.issuer);
  });
  afterEach(async () => {
    await running?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const restart = async () => {
    const port = Number(new URL(running.issuer).port);
    await running.close();
    running = await startIssuer({ port, dataFolder: folder });
  };
  const verify = (token: string) =>
    jwtVerify(token, createRemoteJWKSet(new URL(`${running.issuer}.well-known/jwks.json`)), {
      audience: AUDIENCE,
    });
  const publishedKids = async () => {
    const response = await fetch(`${running.issuer}.well-known/jwks.json`);
    const { keys } = (await response.json()) as { keys: { kid: string; d?: string }[] };
    expect(keys.every((key) => key.d === undefined)).toBe(true);
    return keys.map((key) => key.kid);
  };

  it('knows its keys, consents, sessions and refresh tokens after a restart', async () => {
    const tokens = await web.logIn(browser, 'alice@example.com', REQUEST);
    await restart();
    await expect(verify(tokens.access_token)).resolves.toBeDefined();
    expect((await web.refresh(tokens.refresh_token)).access_token).toEqual(expect.any(String));
    const sameBrowser = await browser.open((await web.request(REQUEST)).url);
    expect(sameBrowser.url.searchParams.has('code')).toBe(true);
  });

  it('knows after a restart what was revoked before it', async () => {
    const tokens = await web.logIn(browser, 'alice@example.com', REQUEST);
    const page = await browser.open('/applications');
    await browser.press(page, 'Revoke access of Expenses web application');
    await restart();
    await expect(web.refresh(tokens.refresh_token)).rejects.toThrow();
    expect((await browser.open((await web.request(REQUEST)).url)).heading).toBe('Allow access?');
  });

  it('keeps its file from other users of the machine', async () => {
    expect((await stat(join(folder, 'issuer.sqlite'))).mode & 0o077).toBe(0);
  });

  it.each([
    ['itself', () => running.rotateKeys()],
    [
      'another process',
      async () => {
        const database = openDatabase(folder);
        await new SigningKeys(database).rotate();
        database.close();
      },
    ],
  ])('signs with a new key once %s rotated them, and publishes both', async (_by, rotate) => {
    const before = await web.logIn(browser, 'alice@example.com', REQUEST);
    const [oldKid] = await publishedKids();
    await rotate();
    const [newKid, ...others] = await publishedKids();
    expect(newKid).not.toBe(oldKid);
    expect(others).toEqual([oldKid]);

    const after = await web.refresh(before.refresh_token);
    expect(decodeProtectedHeader(after.access_token).kid).toBe(newKid);
    expect(decodeProtectedHeader(after.id_token!).kid).toBe(newKid);
    await expect(verify(before.access_token)).resolves.toBeDefined();
    await expect(verify(after.access_token)).resolves.toBeDefined();
    expect((await askUserinfo(running.issuer, before.access_token)).status).toBe(200);
    expect((await askUserinfo(running.issuer, after.access_token)).status).toBe(200);
  });

  it('goes on with a log in that began before the keys were rotated', async () => {
    const request = await web.request(REQUEST);
    const login = await browser.open(request.url);
    await running.rotateKeys();
    const consent = await browser.press(login, 'Log in', {
      user_name: 'alice@example.com',
      password: 'alice-likes-receipts',
    });
    const tokens = await request.redeem(await browser.press(consent, 'Accept'));
    await expect(verify(tokens.access_token)).resolves.toBeDefined();
  });
});
