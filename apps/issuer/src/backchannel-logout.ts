import { randomUUID } from 'node:crypto';
import { importJWK, SignJWT, type JWK } from 'jose';
import type { ParsedTenant } from './tenant.schema.js';

const TIMEOUT_MS = 3000;
const TOKEN_LIFETIME_SECONDS = 120;

/** Who is logged out: everything of a user, or one session of theirs. */
export interface LoggedOut {
  readonly sub: string;
  readonly sid?: string;
}

/** Tells APIs and applications that a user logged out or took a consent back (OpenID Connect Back-Channel Logout 1.0). */
export class BackchannelLogout {
  /** @param keys the issuer's private keys, the newest RS256 one of which signs */
  constructor(
    private readonly issuer: string,
    private readonly tenant: ParsedTenant,
    private readonly keys: () => JWK[],
  ) {}

  /** Returns when all have been told, or could not be: those are named in the log. */
  async notify(loggedOut: LoggedOut): Promise<void> {
    const apis = this.tenant.apis.map(({ identifier, backchannelLogoutUri: uri }) => ({
      audience: identifier,
      uri,
    }));
    const applications = this.tenant.applications.map(({ clientId, backchannelLogoutUri: uri }) => ({
      audience: clientId,
      uri,
    }));
    const calls = [...apis, ...applications].map(async ({ audience, uri }) => {
      if (uri !== undefined) await this.tell(audience, uri, loggedOut);
    });
    await Promise.all(calls);
  }

  private async tell(audience: string, uri: string, loggedOut: LoggedOut): Promise<void> {
    try {
      const body = new URLSearchParams({ logout_token: await this.sign(audience, loggedOut) });
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(uri, { method: 'POST', body, signal, redirect: 'error' });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`status ${response.status}`);
    } catch (error) {
      const { message, cause } = error as Error & { cause?: { code?: string } };
      process.stderr.write(`${uri} was not told of a log out: ${cause?.code ?? message}\n`);
    }
  }

  private async sign(audience: string, { sub, sid }: LoggedOut): Promise<string> {
    const key = this.keys().find(({ alg }) => alg === 'RS256');
    if (!key) throw new Error('There is no RS256 key');
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    return new SignJWT({ events, ...(sid !== undefined && { sid }) })
      .setProtectedHeader({ alg: 'RS256', typ: 'logout+jwt', kid: key.kid })
      .setIssuer(this.issuer)
      .setAudience(audience)
      .setSubject(sub)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_LIFETIME_SECONDS}s`)
      .sign(await importJWK(key, 'RS256'));
  }
}
