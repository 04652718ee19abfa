import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { BrowserSession, type CurrentSession } from './browser-session.js';
import { FormOutOfDate, LoginNeeded } from './session.errors.js';

const PUBLIC = 'session:public';

/** Opens a page to people who are not logged in; every other page needs a session. */
export const Public = () => SetMetadata(PUBLIC, true);

const FROM_ELSEWHERE = 'session:from-elsewhere';

/** Takes a form without its token: another site may send it, for it changes nothing. */
export const FromElsewhere = () => SetMetadata(FROM_ELSEWHERE, true);

/** The session of a page that needs one. */
export const LoggedIn = createParamDecorator((_data: unknown, context: ExecutionContext): CurrentSession => {
  const { session } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!session) throw new LoginNeeded();
  return session;
});

/**
 * Lets a request in when somebody is logged in or the page is public, and a form only with its session's token.
 * @throws LoginNeeded, FormOutOfDate
 */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly browser: BrowserSession,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest<{ Body?: { csrf?: unknown } }>>();
    const { session } = request;
    const isMarked = (mark: string) =>
      this.reflector.getAllAndOverride<boolean>(mark, [context.getHandler(), context.getClass()]);
    if (!session && !isMarked(PUBLIC)) throw new LoginNeeded();
    const isForm = request.method !== 'GET' && request.method !== 'HEAD' && !isMarked(FROM_ELSEWHERE);
    if (session && isForm && !this.browser.ownsForm(session, request.body?.csrf)) throw new FormOutOfDate();
    return true;
  }
}
