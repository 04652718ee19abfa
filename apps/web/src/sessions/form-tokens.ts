import { Injectable } from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { Sealing } from './sealing.js';
import { personOf, type Session } from './session.js';

/** A form may be sent for so long after its page was made, in milliseconds. */
const LIFETIME_MS = 48 * 60 * 60 * 1000;

/**
 * Tokens that tie forms to a person in a browser, so that other sites cannot send them (CSRF).
 *
 * They are not bound to the session: who logs in again, in this tab or another, can still send the form that they filled
 * in before, and somebody else who logged in meanwhile cannot.
 */
@Injectable()
export class FormTokens {
  constructor(private readonly sealing: Sealing) {}

  /**
   * A token of the form `<time in base 36>.<MAC>`.
   * @param browser a random id that the browser keeps over logins
   */
  issue(session: Session, browser: string): string {
    return this.#token(session, browser, Date.now().toString(36));
  }

  /** Whether the token was issued to the person of this session in this browser, in the last two days. */
  belongsTo(session: Session, browser: string, token: unknown): boolean {
    const [time = ''] = typeof token === 'string' ? token.split('.') : [];
    const age = Date.now() - Number.parseInt(time, 36);
    if (!(age < LIFETIME_MS)) return false;
    const given = Buffer.from(String(token));
    const expected = Buffer.from(this.#token(session, browser, time));
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #token(session: Session, browser: string, time: string): string {
    const owner = JSON.stringify([time, browser, personOf(session)]);
    return `${time}.${this.sealing.fingerprint('form', owner)}`;
  }
}
