import { Injectable } from '@nestjs/common';
import type { DPoPHandle } from 'openid-client';
import { isFresh, type Session } from '../sessions/session.js';
import { LoginNeeded } from '../sessions/session.errors.js';
import { Sessions } from '../sessions/sessions.js';
import { type Grant, Issuer, type TokenSet } from './issuer.js';
import { GrantRefused } from './login.errors.js';
import { ProofKeys } from './proof-keys.js';
import { permissionsIn } from './scopes.js';

/** A token this close to its end, in milliseconds, may expire on the way to the API: renew it first. */
const LEEWAY_MS = 5000;

/** When an answer says nothing of its life time, the token is used until the API refuses it. */
const UNKNOWN_LIFETIME_SECONDS = 24 * 60 * 60;

/** The moment from which a fresh token is no longer good, in milliseconds since 1970. */
export function expiryOf(tokens: TokenSet): number {
  return Date.now() + (tokens.expires_in ?? UNKNOWN_LIFETIME_SECONDS) * 1000;
}

/** An access token and, where it is bound to a key, what proves that it is ours (RFC 9449). */
export interface UsableToken {
  readonly value: string;
  readonly prover?: DPoPHandle;
}

/** Access tokens that are good now, renewed with the refresh token when need be (RFC 6749, 6). */
@Injectable()
export class AccessTokens {
  readonly #renewals = new Map<string, Promise<Session>>();

  constructor(
    private readonly sessions: Sessions,
    private readonly issuer: Issuer,
    private readonly proofKeys: ProofKeys,
  ) {}

  /**
   * @param id of the session
   * @param rejected a token that the API refused though it looked good; another one is fetched
   * @returns the rejected token itself when it came with a login just now: another login would bring no better one
   * @throws LoginNeeded when the session has ended or cannot be renewed; ServiceFault, IssuerUnavailable,
   * SessionsUnavailable
   */
  async of(id: string, rejected?: string): Promise<UsableToken> {
    const { accessToken: value, proofKey } = await this.#renewed(id, rejected);
    return { value, ...(proofKey && { prover: await this.proofKeys.prover(proofKey) }) };
  }

  async #renewed(id: string, rejected?: string): Promise<Session> {
    const session = await this.#session(id);
    if (isGood(session, rejected)) return session;
    // All requests that meet the expired token share one renewal: a refresh token is good only once.
    const renewal =
      this.#renewals.get(id) ?? this.#renew(id, rejected).finally(() => this.#renewals.delete(id));
    this.#renewals.set(id, renewal);
    return renewal;
  }

  #renew(id: string, rejected?: string): Promise<Session> {
    return this.sessions.exclusively(id, async () => {
      // Read again: another renewal may have ended between the look at the session and this one.
      const session = await this.#session(id);
      if (isGood(session, rejected)) return session;
      const { tokens, proofKey } = await this.#refresh(id, session);
      const renewed = {
        ...session,
        accessToken: tokens.access_token,
        accessTokenExpiresAt: expiryOf(tokens),
        proofKey,
        permissions: permissionsIn(tokens.scope, session.permissions),
        // An issuer that does not rotate sends none: the old one stays good.
        refreshToken: tokens.refresh_token ?? session.refreshToken,
      };
      await this.sessions.replace(id, renewed);
      return renewed;
    });
  }

  async #refresh(id: string, session: Session): Promise<Grant> {
    if (session.refreshToken === undefined) return this.#end(id, session);
    try {
      return await this.issuer.refresh(session.refreshToken, session.proofKey);
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
