import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Cookies, cookieValues } from './cookies.js';
import { FormTokens } from './form-tokens.js';
import { displayName, type Session } from './session.js';
import { Sessions } from './sessions.js';

/** A session as a request finds it. */
export interface CurrentSession extends Session {
  readonly id: string;
  /** A random id that the browser keeps over logins. */
  readonly browser: string;
  /** Goes into every form that changes something; good for this person in this browser only. */
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

/** 32 random bytes in base64url. */
const RANDOM_ID = /^[\w-]{43}$/;
/** Cookies of the session's name that are looked up at most. */
const MAX_CANDIDATES = 20;

/** Ties a browser to its session by a cookie that holds a random id and nothing else. */
@Injectable()
export class BrowserSession {
  constructor(
    private readonly sessions: Sessions,
    private readonly cookies: Cookies,
    private readonly forms: FormTokens,
  ) {}

  /**
   * Finds the session of whoever sends the request.
   * @throws SessionsUnavailable
   */
  async resume(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const candidates = this.#ids(request);
    for (const id of candidates) {
      const session = await this.sessions.read(id);
      if (session) return this.#introduce(request, reply, id, session);
    }
    // It ended here, not in the browser, which may still have its pages. The cookie stays: another tab may be replacing
    // it by a new one just now.
    if (candidates.length > 0) reply.header('clear-site-data', '"cache"');
  }

  /** Begins a session under a new id; the one that the browser had before ends, so no id outlives a login. */
  async begin(request: FastifyRequest, reply: FastifyReply, session: Session): Promise<void> {
    await this.#endAll(request);
    const id = await this.sessions.begin(session);
    reply.setCookie(this.cookies.name(), id, this.cookies.options);
    this.#introduce(request, reply, id, session);
  }

  /** Ends the session on the server and in the browser, and has the browser forget its pages. */
  async end(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.#endAll(request);
    reply.clearCookie(this.cookies.name(), this.cookies.options);
    reply.header('clear-site-data', '"cache"');
    request.session = undefined;
    reply.locals = {};
  }

  /**
   * Whether a form was made for the person of this session, and by this server. It may have been made in an earlier
   * session of theirs: a login in one tab leaves the forms of the others good.
   */
  ownsForm(session: CurrentSession, csrfToken: unknown): boolean {
    return this.forms.belongsTo(session, session.browser, csrfToken);
  }

  async #endAll(request: FastifyRequest): Promise<void> {
    for (const id of this.#ids(request)) await this.sessions.end(id);
  }

  #ids(request: FastifyRequest): string[] {
    return randomIds(request, this.cookies.name()).slice(0, MAX_CANDIDATES);
  }

  #browserOf(request: FastifyRequest, reply: FastifyReply): string {
    const name = this.cookies.name('browser');
    const [known] = randomIds(request, name);
    if (known !== undefined) return known;
    const browser = randomBytes(32).toString('base64url');
    reply.setCookie(name, browser, this.cookies.options);
    return browser;
  }

  /** Tells the rest of the request who is there, and every page what to show of them. */
  #introduce(request: FastifyRequest, reply: FastifyReply, id: string, session: Session): void {
    const browser = request.session?.browser ?? this.#browserOf(request, reply);
    const csrfToken = this.forms.issue(session, browser);
    request.session = { ...session, id, browser, csrfToken };
    reply.locals = { user: displayName(session), csrf: csrfToken };
  }
}

function randomIds(request: FastifyRequest, cookie: string): string[] {
  return cookieValues(request, cookie).filter((value) => RANDOM_ID.test(value));
}
