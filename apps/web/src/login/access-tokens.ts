import { Injectable } from '@nestjs/common';
import { isFresh, type Session } from '../sessions/session.js';
import { LoginNeeded } from '../sessions/session.errors.js';
import { Sessions } from '../sessions/sessions.js';
import { Issuer, type TokenSet } from './issuer.js';
import { GrantRefused } from './login.errors.js';
import { permissionsIn } from './scopes.js';

/** A token this close to its end, in milliseconds, may expire on the way to the API: renew it first. */
const LEEWAY_MS = 5000;

/** When an answer says nothing of its life time, the token is used until the API refuses it. */
const UNKNOWN_LIFETIME_SECONDS = 24 * 60 * 60;

/** The moment from which a fresh token is no longer good, in milliseconds since 1970. */
export function expiryOf(tokens: TokenSet): number {
  return Date.now() + (tokens.expires_in ?? UNKNOWN_LIFETIME_SECONDS) * 1000;
}

/** Access tokens that are good now, renewed with the refresh token when need be (RFC 6749, 6). */
@Injectable()
export class AccessTokens {
  readonly #renewals = new Map<string, Promise<string>>();

  constructor(
    private readonly sessions: Sessions,
    private readonly issuer: Issuer,
  ) {}

  /**
   * @param id of the session
   * @param rejected a token that the API refused though it looked good; another one is fetched
   * @returns the rejected token itself when it came with a login just now: another login would bring no better one
   * @throws LoginNeeded when the session has ended or cannot be renewed; ServiceFault, IssuerUnavailable,
   * SessionsUnavailable
   */
  async of(id: string, rejected?: string): Promise<string> {
    const session = await this.#session(id);
    if (isGood(session, rejected)) return session.accessToken;
    // All requests that meet the expired token share one renewal: a refresh token is good only once.
    const renewal =
      this.#renewals.get(id) ?? this.#renew(id, rejected).finally(() => this.#renewals.delete(id));
    this.#renewals.set(id, renewal);
    return renewal;
  }

  #renew(id: string, rejected?: string): Promise<string> {
    return this.sessions.exclusively(id, async () => {
      // Read again: another renewal may have ended between the look at the session and this one.
      const session = await this.#session(id);
      if (isGood(session, rejected)) return session.accessToken;
      const tokens = await this.#refresh(id, session);
      await this.sessions.replace(id, {
        ...session,
        accessToken: tokens.access_token,
        accessTokenExpiresAt: expiryOf(tokens),
        permissions: permissionsIn(tokens.scope, session.permissions),
        // An issuer that does not rotate sends none: the old one stays good.
        refreshToken: tokens.refresh_token ?? session.refreshToken,
      });
      return tokens.access_token;
    });
  }

  async #refresh(id: string, session: Session): Promise<TokenSet> {
    if (session.refreshToken === undefined) return this.#end(id, session);
    try {
      return await this.issuer.refresh(session.refreshToken);
    } catch (error) {
      if (!(error instanceof GrantRefused)) throw error;
      return this.#end(id, session, error);
    }
  }

  async #end(id: string, session: Session, cause?: GrantRefused): Promise<never> {
    await this.sessions.end(id);
    throw new LoginNeeded('The login has ended', { cause, session });
  }

  async #session(id: string): Promise<Session> {
    const session = await this.sessions.read(id);
    if (!session) throw new LoginNeeded();
    return session;
  }
}

function isGood(session: Session, rejected?: string): boolean {
  if (session.accessToken !== rejected) return session.accessTokenExpiresAt - LEEWAY_MS > Date.now();
  return session.refreshToken === undefined && isFresh(session);
}
