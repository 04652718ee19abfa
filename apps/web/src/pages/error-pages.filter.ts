import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Drafts } from '../drafts/drafts.js';
import { ReportedError } from '../login/login.errors.js';
import { loginPath } from '../login/return-to.js';
import { FormOutOfDate, LoginNeeded } from '../sessions/session.errors.js';
import { explain } from './trouble.js';

/** Every error leaves as a page that explains it, or as the way to the login. */
@Catch()
export class ErrorPages implements ExceptionFilter {
  readonly #logger = new Logger(ErrorPages.name);

  constructor(private readonly drafts: Drafts) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const page = request.method === 'GET' ? request.url : pageOfForm(request.url);
    // Whatever the answer is, it is not the form: what was typed must be there when the person comes back to it.
    const kept = await this.drafts.keep(request, reply);
    if (kept === false && error instanceof LoginNeeded) {
      await reply.code(413).view('unkept', { fields: this.drafts.typed(request), page: loginPath(page) });
      return;
    }
    if (kept && error instanceof FormOutOfDate && this.drafts.isTheirs(request)) {
      reply.redirect(page, 303);
      return;
    }
    if (error instanceof LoginNeeded && !error.soonAgain) {
      // A script would follow to the issuer, where it may not go: it sends the form again, as a form.
      if (request.headers.accept === 'application/json') await reply.code(401).send();
      else reply.redirect(loginPath(pageAfterLogin(request, page), [], { again: error.soon }), 303);
      return;
    }
    const trouble = explain(error, page);
    // What happened at the issuer was logged where it happened.
    if (trouble.status >= 500 && !(error instanceof ReportedError)) this.#logger.error(described(error));
    if (trouble.retryAfterSeconds !== undefined) reply.header('retry-after', trouble.retryAfterSeconds);
    await reply.code(trouble.status).view('trouble', { trouble });
  }
}

/** A form's answer cannot be shown again by a link: its page can. */
function pageOfForm(url: string): string {
  return url.replace(/\?.*/, '').replace(/\/(delete|discard)$/, '');
}

/** A file is not kept over a login; the page where it was chosen says so. */
function pageAfterLogin(request: FastifyRequest, page: string): string {
  return request.isMultipart() ? `${page}?problem=login` : page;
}

/** An error and its causes in one line, without anything that was sent or received. */
function described(error: unknown): string {
  const { name = typeof error, message = '', cause } = (error ?? {}) as Partial<Error>;
  return `${name}: ${message}${cause === undefined ? '' : ` <- ${described(cause)}`}`;
}
