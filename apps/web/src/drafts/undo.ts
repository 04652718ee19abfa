import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ExpenseFields } from '../api/expenses-api.js';
import type { CurrentSession } from '../sessions/browser-session.js';
import { Cookies } from '../sessions/cookies.js';
import { Sealing } from '../sessions/sealing.js';

/** An expense that was deleted a moment ago. */
export interface Deleted {
  readonly id: string;
  readonly fields: ExpenseFields;
  /** The Idempotency-Key of its return, so that it returns once. */
  readonly submission: string;
}

const COOKIE = 'undo';
const LIFETIME_SECONDS = 15 * 60;

/** Keeps what a person deleted last, so that they can have it back, in a sealed cookie that opens only for them. */
@Injectable()
export class Undo {
  constructor(
    private readonly sealing: Sealing,
    private readonly cookies: Cookies,
  ) {}

  /** Keeps a deleted expense, in the place of the one before. */
  async keep(reply: FastifyReply, session: CurrentSession, id: string, fields: ExpenseFields): Promise<void> {
    const deleted: Deleted = { id, fields, submission: randomUUID() };
    const expiresAt = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS;
    const sealed = await this.sealing.seal(contextOf(session), deleted, expiresAt);
    reply.setCookie(this.cookies.name(COOKIE), sealed, { ...this.cookies.options, maxAge: LIFETIME_SECONDS });
  }

  /** What this person deleted last, in the last 15 minutes. */
  async read(request: FastifyRequest, session: CurrentSession): Promise<Deleted | undefined> {
    const cookie = request.cookies[this.cookies.name(COOKIE)];
    return cookie === undefined ? undefined : this.sealing.open<Deleted>(contextOf(session), cookie);
  }

  /** Forgets it: it is back. */
  drop(request: FastifyRequest, reply: FastifyReply): void {
    if (request.cookies[this.cookies.name(COOKIE)] !== undefined)
      reply.clearCookie(this.cookies.name(COOKIE), this.cookies.options);
  }
}

function contextOf({ claims }: CurrentSession): string {
  return `undo ${claims.sub}`;
}
