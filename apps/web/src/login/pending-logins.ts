import { Injectable } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as client from 'openid-client';
import { Cookies, cookieValues } from '../sessions/cookies.js';
import { Sealing } from '../sessions/sealing.js';

/** What proves that an answer of the issuer belongs to a login of this browser. */
export interface PendingLogin {
  readonly id: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** How old the login may be that answers it, in seconds. */
  readonly maxAge?: number;
  /** Seconds since 1970. */
  readonly begunAt: number;
}

/** Time to log in at the issuer, in seconds. */
export const LIFETIME_SECONDS = 15 * 60;

/** Logins that a browser may have begun at the same time. Their cookies come along with every request. */
const SLOTS = 5;

/**
 * Pending logins, each in a sealed cookie of its own: visitors who never log in take no memory here, logins in two
 * tabs do not disturb each other, and a callback is good only in the browser that began the login.
 *
 * The cookies have five names: however many tabs begin a login, even at the same moment, there are no more of them. A
 * login that lost its place to another is begun again when its answer arrives.
 */
@Injectable()
export class PendingLogins {
  constructor(
    private readonly sealing: Sealing,
    private readonly cookies: Cookies,
  ) {}

  /**
   * Begins a login, whose secrets stay in the browser.
   *
   * @param maxAge how old the login may be that answers it, in seconds
   */
  async begin(request: FastifyRequest, reply: FastifyReply, maxAge?: number): Promise<PendingLogin> {
    const login: PendingLogin = {
      id: client.randomNonce().slice(0, 16),
      nonce: client.randomNonce(),
      codeVerifier: client.randomPKCECodeVerifier(),
      ...(maxAge !== undefined && { maxAge }),
      begunAt: Math.floor(Date.now() / 1000),
    };
    const sealed = await this.sealing.seal('login', login, login.begunAt + LIFETIME_SECONDS);
    const name = slotName(await this.#freeSlot(request));
    reply.setCookie(this.cookies.name(name), sealed, { ...this.cookies.options, maxAge: LIFETIME_SECONDS });
    return login;
  }

  /** The login with this id, or undefined; it is used up with that. */
  async take(request: FastifyRequest, reply: FastifyReply, id: string): Promise<PendingLogin | undefined> {
    const slots = await this.#slots(request);
    const slot = slots.findIndex((login) => login?.id === id);
    if (slot === -1) return undefined;
    reply.clearCookie(this.cookies.name(slotName(slot)), this.cookies.options);
    return slots[slot];
  }

  /** An empty slot, or that of the oldest login. Chosen by chance, since tabs that open together see the same cookies. */
  async #freeSlot(request: FastifyRequest): Promise<number> {
    const slots = await this.#slots(request);
    const begunAt = slots.map((login) => login?.begunAt ?? 0);
    const oldest = Math.min(...begunAt);
    const choices = [...begunAt.keys()].filter((slot) => begunAt[slot] === oldest);
    return choices[randomInt(choices.length)] ?? 0;
  }

  #slots(request: FastifyRequest): Promise<(PendingLogin | undefined)[]> {
    return Promise.all(
      Array.from({ length: SLOTS }, async (_, slot) => {
        for (const value of cookieValues(request, this.cookies.name(slotName(slot)))) {
          const login = await this.sealing.open<PendingLogin>('login', value);
          if (login) return login;
        }
        return undefined;
      }),
    );
  }
}

function slotName(slot: number): string {
  return `login-${slot}`;
}
