import { Controller, Get, Post, Query, Render, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuthorizationResponseError } from 'openid-client';
import { BrowserSession } from '../sessions/browser-session.js';
import { Public } from '../sessions/session.guard.js';
import { expiryOf } from './access-tokens.js';
import { Issuer } from './issuer.js';
import { LoginDeclined, LoginFailed, NotGranted } from './login.errors.js';
import { type PendingLogin, PendingLogins } from './pending-logins.js';
import { localPath } from './return-to.js';
import { FIRST_PERMISSIONS, permissionsIn, requestedPermissions, scopeFor } from './scopes.js';

/** However busy, a session ends a day after its login, in seconds. */
const SESSION_LIFETIME_SECONDS = 24 * 60 * 60;

/** Login and logout, both here and at the issuer. */
@Public()
@Controller()
export class LoginController {
  constructor(
    private readonly issuer: Issuer,
    private readonly pending: PendingLogins,
    private readonly browser: BrowserSession,
  ) {}

  /** Sends the browser to the issuer; `permission` asks the user (again) for these. */
  @Get('login')
  async login(
    @Query('return_to') returnTo: unknown,
    @Query('permission') permission: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asked = requestedPermissions(permission);
    const held = request.session?.permissions ?? [];
    const login = await this.pending.begin(reply, {
      permissions: [...new Set([...FIRST_PERMISSIONS, ...held, ...asked])],
      returnTo: localPath(returnTo),
    });
    const prompt = asked.length > 0 ? 'consent' : undefined;
    reply.redirect((await this.issuer.loginUrl(login, scopeFor(login.permissions), prompt)).href, 302);
  }

  /** @throws LoginDeclined, NotGranted, LoginFailed, IssuerUnavailable */
  @Get('callback')
  async callback(
    @Query('state') state: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const login = await this.pending.take(request, reply, state);
    if (!login) throw new LoginFailed('This login was begun too long ago, or in another browser.');
    const { tokens, claims } = await this.#complete(request, login);
    await this.browser.begin(request, reply, {
      claims,
      permissions: permissionsIn(tokens.scope, login.permissions),
      accessToken: tokens.access_token,
      accessTokenExpiresAt: expiryOf(tokens),
      refreshToken: tokens.refresh_token,
      endsAt: Math.floor(Date.now() / 1000) + SESSION_LIFETIME_SECONDS,
    });
    const denied = login.permissions.filter((name) => !request.session?.permissions.includes(name));
    if (denied.length > 0) throw new NotGranted(denied, login.returnTo);
    reply.redirect(login.returnTo, 302);
  }

  /** Asks first: a link or an image on another site must not log anybody out. */
  @Get('logout')
  @Render('logout')
  confirmLogout() {
    return {};
  }

  /** Ends the session here first: whether the issuer can be reached or not, nobody is logged in here afterwards. */
  @Post('logout')
  async logout(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { session } = request;
    this.browser.end(request, reply);
    const url = session && (await this.issuer.logoutUrl(session.claims['sid']));
    reply.redirect(url?.href ?? '/', 303);
  }

  async #complete(request: FastifyRequest, login: PendingLogin) {
    try {
      return await this.issuer.completeLogin(request.url, login);
    } catch (error) {
      if (!(error instanceof AuthorizationResponseError)) throw error;
      if (error.error === 'access_denied') throw new LoginDeclined(login.permissions, login.returnTo);
      throw new LoginFailed(`The issuer did not complete the login (${error.error}).`, { cause: error });
    }
  }
}
