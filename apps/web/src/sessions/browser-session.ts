import type { CookieSerializeOptions } from '@fastify/cookie';
import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.module.js';
import { Sealing } from './sealing.js';
import { displayName, type Session } from './session.js';
import { Sessions } from './sessions.js';

/** A session as a request finds it. */
export interface CurrentSession extends Session {
  readonly id: string;
  /** Goes into every form that changes something; good for this session only. */
  readonly csrfToken: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined when nobody is logged in. */
    session?: CurrentSession;
  }

  interface FastifyReply {
    /** What the layout of every page shows of the session. */
    locals?: { user?: string; csrf?: string };
  }
}

/** Ties a browser to its session by a cookie that holds a random id and nothing else. */
@Injectable()
export class BrowserSession {
  readonly #cookie: string;
  readonly #options: CookieSerializeOptions;

  constructor(
    private readonly sessions: Sessions,
    private readonly sealing: Sealing,
    @Inject(ConfigService) config: Config,
  ) {
    const secure = config.get('BASE_URL', { infer: true }).startsWith('https:');
    // The prefix makes browsers refuse this cookie from a subdomain or over http (RFC 6265bis, 4.1.3.2).
    this.#cookie = secure ? '__Host-expenses' : 'expenses';
    this.#options = { httpOnly: true, sameSite: 'lax', path: '/', secure };
  }

  /** Finds the session of whoever sends the request. */
  async resume(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const id = request.cookies[this.#cookie];
    const session = id === undefined ? undefined : await this.sessions.read(id);
    if (id && session) this.#introduce(request, reply, id, session);
  }

  /** Begins a session under a new id; the one that the browser had before ends, so no id outlives a login. */
  async begin(request: FastifyRequest, reply: FastifyReply, session: Session): Promise<void> {
    this.end(request, reply);
    const id = await this.sessions.begin(session);
    reply.setCookie(this.#cookie, id, this.#options);
    this.#introduce(request, reply, id, session);
  }

  /** Ends the session, on this server and in the browser. */
  end(request: FastifyRequest, reply: FastifyReply): void {
    const id = request.cookies[this.#cookie];
    if (id === undefined) return;
    this.sessions.end(id);
    reply.clearCookie(this.#cookie, this.#options);
    request.session = undefined;
    reply.locals = {};
  }

  /** Whether a form was made for this session, and by this server. */
  ownsForm(session: CurrentSession, csrfToken: unknown): boolean {
    const given = Buffer.from(typeof csrfToken === 'string' ? csrfToken : '');
    const expected = Buffer.from(session.csrfToken);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  /** Tells the rest of the request who is there, and every page what to show of them. */
  #introduce(request: FastifyRequest, reply: FastifyReply, id: string, session: Session): void {
    const csrfToken = this.sealing.fingerprint('form', id);
    request.session = { ...session, id, csrfToken };
    reply.locals = { user: displayName(session), csrf: csrfToken };
  }
}
