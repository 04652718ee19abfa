import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { AuditRequired } from '../audit/audit.required.js';
import { ANNOUNCES_WRITES } from '../audit/audit.tokens.js';
import {
  AccessChecks,
  type AuthenticatedRequest,
  InvalidLogoutToken,
  InvalidRequest,
  LogoutTokens,
  Public,
  TAKES_FORMS,
} from '../auth/index.js';
import { Problems } from '../http/problems.decorator.js';
import { revocationId } from './revocation.keys.js';
import { Revocations } from './revocations.js';

/** How many logout tokens are remembered, so that each is taken once. */
const MAX_REMEMBERED = 10_000;

/** Hears from the issuer that somebody logged out, or took back what an application may do for them. */
@ApiTags('Revocation')
@Controller('backchannel-logout')
@Public()
export class BackchannelLogoutController {
  private readonly seen = new LRUCache<string, true>({ max: MAX_REMEMBERED });

  constructor(
    private readonly logoutTokens: LogoutTokens,
    private readonly revocations: Revocations,
    private readonly checks: AccessChecks,
    private readonly auditRequired: AuditRequired,
  ) {}

  /**
   * Takes a logout token (OpenID Connect Back-Channel Logout 1.0, 2.5): from now on the tokens of that session, or without
   * one all tokens of that subject, are refused that were issued until then.
   *
   * @throws InvalidLogoutToken 400; TooManyRequests 429; KeysUnavailable, DatabaseUnavailable, ServiceUnavailable 503
   */
  @Post()
  @HttpCode(200)
  @RouteConfig({ [TAKES_FORMS]: true, [ANNOUNCES_WRITES]: true })
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiBody({
    schema: { type: 'object', required: ['logout_token'], properties: { logout_token: { type: 'string' } } },
  })
  @ApiOkResponse({ description: 'The tokens are refused from now on.' })
  @Problems('invalid_logout_token', 'too_many_failures', 'keys_unavailable', 'database_unavailable')
  async logOut(@Body() form: unknown, @Req() request: AuthenticatedRequest & FastifyRequest): Promise<void> {
    await this.checks.beforeVerification(request);
    try {
      await this.take(form, request);
    } catch (error) {
      // Anybody can call this route, so a bad logout token counts against its address as a bad access token does.
      if (error instanceof InvalidLogoutToken) {
        this.checks.onRefusal(request, new InvalidRequest(error.message));
      }
      throw error;
    }
  }

  private async take(form: unknown, request: FastifyRequest): Promise<void> {
    const notice = await this.logoutTokens.verify(logoutTokenIn(form));
    const seen = revocationId(notice.issuer, 'token', notice.id);
    if (this.seen.has(seen)) throw new InvalidLogoutToken('replayed');
    this.auditRequired.announce(request);
    const { issuer, subject, session, issuedAt: notBefore } = notice;
    const ids = [
      ...(session === undefined ? [] : [revocationId(issuer, 'session', session)]),
      ...(subject === undefined
        ? []
        : [revocationId(issuer, session === undefined ? 'subject' : 'sessionless', subject)]),
    ];
    await this.revocations.revoke(ids.map((id) => ({ id, notBefore })));
    // Not before it is kept: an issuer that was told to try again does so with the same token.
    this.seen.set(seen, true);
  }
}

/** The one logout token of a form; what comes in another form is none. */
function logoutTokenIn(form: unknown): string {
  const [token, ...others] = form instanceof URLSearchParams ? form.getAll('logout_token') : [];
  if (token === undefined || others.length > 0) throw new InvalidLogoutToken('malformed');
  return token;
}
