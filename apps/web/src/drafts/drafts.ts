import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSession, type CurrentSession } from '../sessions/browser-session.js';
import { Cookies } from '../sessions/cookies.js';
import { Sealing } from '../sessions/sealing.js';

/** A form that was sent and could not be taken. */
interface Draft {
  /** Where it was sent: also the page that shows it. */
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
}

const COOKIE = 'draft';
const LIFETIME_SECONDS = 60 * 60;
/** What browsers keep of one cookie, less its name and attributes. */
const MAX_LENGTH = 3900;
/** Fields that nobody fills in. */
const UNSEEN = new Set(['csrf', 'submission', 'etag', 'confirmed', 'restored']);
const FORMS = /^\/expenses(\/[0-9a-f-]{36})?$/;

/**
 * Keeps what somebody typed over a login: their session has ended when they press the button, and after the login the
 * form is there again.
 *
 * The draft travels in a sealed cookie, so it survives restarts, needs no store and takes no memory here. It opens only
 * for the person that the form was made for, by the form's own token.
 */
@Injectable()
export class Drafts {
  constructor(
    private readonly sealing: Sealing,
    private readonly browser: BrowserSession,
    private readonly cookies: Cookies,
  ) {}

  /**
   * Keeps the form of a request whose answer will be something else.
   * @returns whether it is kept; undefined when the request brought no such form
   */
  async keep(request: FastifyRequest, reply: FastifyReply): Promise<boolean | undefined> {
    const draft = draftIn(request);
    if (!draft) return undefined;
    const sealed = await this.sealing.seal('draft', draft, Math.floor(Date.now() / 1000) + LIFETIME_SECONDS);
    if (sealed.length > MAX_LENGTH) return false;
    reply.setCookie(this.cookies.name(COOKIE), sealed, { ...this.cookies.options, maxAge: LIFETIME_SECONDS });
    return true;
  }

  /** The form that this person left at the page, as it was sent. It stays until it is dropped. */
  async at(
    path: string,
    request: FastifyRequest,
    session: CurrentSession,
  ): Promise<Draft['fields'] | undefined> {
    const cookie = request.cookies[this.cookies.name(COOKIE)];
    const draft = cookie === undefined ? undefined : await this.sealing.open<Draft>('draft', cookie);
    const isTheirs = draft?.path === path && this.browser.ownsForm(session, draft.fields['csrf']);
    return isTheirs ? draft.fields : undefined;
  }

  /** Whether the form that a request brings was made for whoever is logged in. */
  isTheirs(request: FastifyRequest): boolean {
    return (
      request.session !== undefined &&
      this.browser.ownsForm(request.session, draftIn(request)?.fields['csrf'])
    );
  }

  /** What somebody typed into the form that a request brings, without what they did not see. */
  typed(request: FastifyRequest): Draft['fields'] {
    return Object.fromEntries(
      Object.entries(draftIn(request)?.fields ?? {}).filter(([name]) => !UNSEEN.has(name)),
    );
  }

  /** Forgets it: it was sent, or is no longer wanted. */
  drop(request: FastifyRequest, reply: FastifyReply): void {
    if (request.cookies[this.cookies.name(COOKIE)] !== undefined)
      reply.clearCookie(this.cookies.name(COOKIE), this.cookies.options);
  }
}

/** Another site's form is none of ours, and must not take the place of one. */
function draftIn({ method, url, headers, body }: FastifyRequest): Draft | undefined {
  const path = url.replace(/\?.*/, '');
  const isOurs = method === 'POST' && FORMS.test(path) && headers['sec-fetch-site'] !== 'cross-site';
  if (!isOurs || typeof body !== 'object' || body === null) return undefined;
  const fields = Object.entries(body).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return { path, fields: Object.fromEntries(fields) };
}
