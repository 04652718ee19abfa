import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as client from 'openid-client';
import type { Config } from '../config/config.module.js';
import { Sealing } from '../sessions/sealing.js';
import type { LoginChecks } from './issuer.js';

/** A login between its beginning here and the issuer's answer. */
export interface PendingLogin extends LoginChecks {
  /** The permissions that it asks for. */
  readonly permissions: readonly string[];
  /** The page to show afterwards: a path of this application. */
  readonly returnTo: string;
}

/** Time to log in at the issuer, in seconds. */
const LIFETIME_SECONDS = 15 * 60;

/**
 * Pending logins, each in a sealed cookie of its own: visitors who never log in take no memory here, logins in two
 * tabs do not disturb each other, and a callback is good only in the browser that began the login.
 */
@Injectable()
export class PendingLogins {
  readonly #secure: boolean;

  constructor(
    private readonly sealing: Sealing,
    @Inject(ConfigService) config: Config,
  ) {
    this.#secure = config.get('BASE_URL', { infer: true }).startsWith('https:');
  }

  async begin(
    reply: FastifyReply,
    aim: Pick<PendingLogin, 'permissions' | 'returnTo'>,
  ): Promise<PendingLogin> {
    const login: PendingLogin = {
      ...aim,
      state: client.randomState(),
      nonce: client.randomNonce(),
      codeVerifier: client.randomPKCECodeVerifier(),
    };
    const expiresAt = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS;
    reply.setCookie(cookieName(login.state), await this.sealing.seal('login', login, expiresAt), {
      ...this.#options,
      maxAge: LIFETIME_SECONDS,
    });
    return login;
  }

  /** The login that a callback answers, or undefined; it is used up with that. */
  async take(
    request: FastifyRequest,
    reply: FastifyReply,
    state: unknown,
  ): Promise<PendingLogin | undefined> {
    const cookie = typeof state === 'string' ? request.cookies[cookieName(state)] : undefined;
    if (typeof state !== 'string' || cookie === undefined) return undefined;
    reply.clearCookie(cookieName(state), this.#options);
    return this.sealing.open<PendingLogin>('login', cookie);
  }

  get #options() {
    return { httpOnly: true, sameSite: 'lax', path: '/callback', secure: this.#secure } as const;
  }
}

/** Part of the random state tells tabs apart; whether all of it fits is checked with the issuer's answer. */
function cookieName(state: string): string {
  return `expenses-login-${state.slice(0, 12)}`;
}
