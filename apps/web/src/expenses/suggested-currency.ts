import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiRefusal, ApiUnavailable } from '../api/api.errors.js';
import type { CurrencyList } from '../api/api.schemas.js';
import { ExpensesApi } from '../api/expenses-api.js';
import type { CurrentSession } from '../sessions/browser-session.js';
import { Cookies } from '../sessions/cookies.js';
import { Sealing } from '../sessions/sealing.js';

const COOKIE = 'currency';
/** Browsers keep cookies for 400 days at most. */
const LIFETIME_SECONDS = 400 * 24 * 60 * 60;
/** The API's list and default change when it is set up anew. */
const LIST_LIFETIME_MS = 5 * 60 * 1000;

/** The currency that a new expense most likely has: that of the person's last one, else the API's own. */
@Injectable()
export class SuggestedCurrency {
  #list: { readonly value: CurrencyList; readonly expiresAt: number } | undefined;

  constructor(
    private readonly api: ExpensesApi,
    private readonly sealing: Sealing,
    private readonly cookies: Cookies,
  ) {}

  /**
   * The code to suggest; undefined when nothing is known.
   *
   * @param newest currency of the newest of the person's expenses that is known here
   * @param list the API's, whose default is the last resort
   */
  of(session: CurrentSession, request: FastifyRequest, newest: string | undefined, list?: CurrencyList) {
    const [person, code] = (request.cookies[this.cookies.name(COOKIE)] ?? '').split('.');
    const isTheirs = person === this.#person(session) && /^[A-Z]{3}$/.test(code ?? '');
    return isTheirs ? code : (newest ?? list?.default);
  }

  /** To be told that the person booked an expense in this currency. */
  remember(session: CurrentSession, reply: FastifyReply, currency: string): void {
    reply.setCookie(this.cookies.name(COOKIE), `${this.#person(session)}.${currency}`, {
      ...this.cookies.options,
      maxAge: LIFETIME_SECONDS,
    });
  }

  /** The currencies that the API takes; undefined when it does not say. A form does without. */
  async list(session: CurrentSession): Promise<CurrencyList | undefined> {
    if (this.#list && this.#list.expiresAt > Date.now()) return this.#list.value;
    try {
      const value = await this.api.currencies(session.id);
      this.#list = { value, expiresAt: Date.now() + LIST_LIFETIME_MS };
      return value;
    } catch (error) {
      if (error instanceof ApiRefusal || error instanceof ApiUnavailable) return undefined;
      throw error;
    }
  }

  #person({ claims }: CurrentSession): string {
    return this.sealing.fingerprint('currency', claims.sub).slice(0, 16);
  }
}
