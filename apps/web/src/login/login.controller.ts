import { Body, Controller, Get, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.module.js';
import { BrowserSession } from '../sessions/browser-session.js';
import { FromElsewhere, Public } from '../sessions/session.guard.js';
import { expiryOf } from './access-tokens.js';
import { declinedByUser } from './declines.js';
import { Issuer, type LoginRequest } from './issuer.js';
import {
  AccessDenied,
  CookiesRefused,
  GrantRefused,
  LoginDeclined,
  LoginFailed,
  NotGranted,
} from './login.errors.js';
import { type LoginAim, LoginState } from './login-state.js';
import { LIFETIME_SECONDS, type PendingLogin, PendingLogins } from './pending-logins.js';
import { RememberedPermissions } from './remembered-permissions.js';
import { localPath } from './return-to.js';
import { FIRST_PERMISSIONS, permissionsIn, READ_ALL, requestedPermissions, scopeFor } from './scopes.js';

/** However busy, a session ends a day after its login, in seconds. */
const SESSION_LIFETIME_SECONDS = 24 * 60 * 60;
/** Longest `login_hint` that is handed on, in characters. */
const MAX_HINT_LENGTH = 200;
/** Ways of asking that a link may choose. */
const PROMPTS: ReadonlySet<unknown> = new Set(['consent', 'select_account', 'login']);

type LoginQuery = Readonly<Record<string, unknown>>;

/** Login at the issuer, from the first click to the page that was asked for. */
@Public()
@Controller()
export class LoginController {
  constructor(
    private readonly issuer: Issuer,
    private readonly state: LoginState,
    private readonly pending: PendingLogins,
    private readonly remembered: RememberedPermissions,
    private readonly browser: BrowserSession,
    @Inject(ConfigService) private readonly config: Config,
  ) {}

  /**
   * Sends the browser to the issuer. In the query: `return_to`, the page to come back to; `permission`, to ask the user
   * for these as well; `max_age`, `prompt`, `login_hint`; and what an issuer sends that begins the login itself (`iss`,
   * `target_link_uri`; OpenID Connect Core, 4).
   * @throws LoginFailed when another issuer began it; IssuerUnavailable
   */
  @Get('login')
  async login(@Query() query: LoginQuery, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    if (request.method === 'HEAD') return reply.code(204).send();
    if (query['iss'] !== undefined) await this.#checkInitiator(query['iss']);
    const { prompt, login_hint: hint, max_age: maxAge } = query;
    if (prompt === 'select_account') this.remembered.forget(reply);
    const aim = {
      returnTo: localPath(query['return_to'] ?? this.#ownPath(query['target_link_uri'])),
      permissions: requestedPermissions(query['permission']),
      again: query['again'] !== undefined,
    };
    return this.#begin(request, reply, aim, {
      ...(typeof prompt === 'string' && PROMPTS.has(prompt) && { prompt }),
      ...(typeof maxAge === 'string' && /^\d{1,9}$/.test(maxAge) && { maxAge: Number(maxAge) }),
      ...(typeof hint === 'string' && hint.length <= MAX_HINT_LENGTH && { loginHint: hint }),
    });
  }

  /** An issuer may begin a login by a form, too (OpenID Connect Core, 4): it goes on as if it had been a link. */
  @Post('login')
  @FromElsewhere()
  async initiated(@Body() form: LoginQuery | undefined, @Res() reply: FastifyReply) {
    const handedOn = ['iss', 'login_hint', 'target_link_uri'].flatMap((name): [string, string][] => {
      const value = form?.[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    return reply.redirect(`/login?${new URLSearchParams(handedOn)}`, 303);
  }

  /**
   * The issuer's answer. One that does not belong to a login of this browser, any more or at all, logs nobody in: it
   * leads on to its page where somebody is logged in, and begins the login once more where nobody is.
   * @throws LoginDeclined, AccessDenied, NotGranted, LoginFailed, CookiesRefused, ServiceFault, IssuerUnavailable
   */
  @Get('callback')
  async callback(
    @Query('state') state: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<unknown> {
    if (request.method === 'HEAD') return reply.code(204).send();
    const aim = await this.state.open(state);
    const login = aim && (await this.pending.take(request, reply, aim.id));
    if (!aim || !login) return this.#withoutLogin(request, reply, aim);
    const { tokens, proofKey, claims } = await this.#complete(request, reply, aim, login, String(state));
    const asked = [...FIRST_PERMISSIONS, ...aim.permissions];
    const permissions = permissionsIn(tokens.scope, asked);
    const now = Math.floor(Date.now() / 1000);
    await this.browser.begin(request, reply, {
      claims,
      permissions,
      accessToken: tokens.access_token,
      accessTokenExpiresAt: expiryOf(tokens),
      proofKey,
      refreshToken: tokens.refresh_token,
      beganAt: now,
      again: aim.again,
      endsAt: now + SESSION_LIFETIME_SECONDS,
    });
    await this.remembered.keep(reply, permissions);
    const denied = asked.filter((name) => !permissions.includes(name));
    if (denied.length > 0) throw new NotGranted(denied, aim.returnTo);
    return reply.redirect(`/login/done?${new URLSearchParams({ return_to: aim.returnTo })}`, 302);
  }

  /**
   * Looks whether the browser has kept the session before it goes on: a page that found none would begin the next
   * login, and so on.
   * @throws CookiesRefused
   */
  @Get('login/done')
  done(@Query('return_to') page: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const returnTo = localPath(page);
    if (!request.session) throw new CookiesRefused(returnTo);
    return reply.redirect(returnTo, 302);
  }

  async #begin(
    request: FastifyRequest,
    reply: FastifyReply,
    aim: Pick<LoginAim, 'returnTo' | 'permissions' | 'again'>,
    { maxAge, ...ask }: Omit<LoginRequest, 'scope'> & { readonly maxAge?: number } = {},
  ) {
    const held = request.session?.permissions ?? (await this.#rememberedFor(request, ask));
    const scope = scopeFor([...new Set([...FIRST_PERMISSIONS, READ_ALL, ...held, ...aim.permissions])]);
    const { id, begunAt, ...secrets } = await this.pending.begin(request, reply, maxAge);
    const state = await this.state.seal({ ...aim, id, begunAt });
    return reply.redirect((await this.issuer.loginUrl({ state, ...secrets }, { scope, ...ask })).href, 302);
  }

  /** Whoever chooses another account is not the one whose permissions are remembered. */
  async #rememberedFor(request: FastifyRequest, { prompt }: Omit<LoginRequest, 'scope'>): Promise<string[]> {
    return prompt === 'select_account' ? [] : this.remembered.read(request);
  }

  async #withoutLogin(request: FastifyRequest, reply: FastifyReply, aim: LoginAim | undefined) {
    const { returnTo = '/', permissions = [] } = aim ?? {};
    if (request.session) return reply.redirect(returnTo, 302);
    const secondTime = aim?.again && Date.now() / 1000 - aim.begunAt < LIFETIME_SECONDS;
    if (secondTime) throw new CookiesRefused(returnTo);
    return this.#begin(request, reply, { returnTo, permissions, again: true });
  }

  async #complete(
    request: FastifyRequest,
    reply: FastifyReply,
    { permissions, returnTo }: LoginAim,
    { nonce, codeVerifier, maxAge }: PendingLogin,
    state: string,
  ) {
    try {
      return await this.issuer.completeLogin(request.url, { state, nonce, codeVerifier, maxAge });
    } catch (error) {
      if (error instanceof GrantRefused) {
        throw new LoginFailed('The answer of the login service is no longer good.', { cause: error });
      }
      if (!(error instanceof AccessDenied) || !declinedByUser(error.reason)) throw error;
      // Or the next login would ask for what was just declined.
      this.remembered.forget(reply);
      const held = request.session?.permissions ?? [];
      const asked = [...FIRST_PERMISSIONS, ...permissions].filter((name) => !held.includes(name));
      throw new LoginDeclined(asked, returnTo, request.session !== undefined);
    }
  }

  /** A page of this application by its full address. */
  #ownPath(address: unknown): string {
    const origin = this.config.get('BASE_URL', { infer: true });
    const url = typeof address === 'string' ? URL.parse(address) : null;
    return url?.origin === origin ? url.pathname + url.search : '/';
  }

  async #checkInitiator(iss: unknown): Promise<void> {
    if (iss !== (await this.issuer.name())) {
      throw new LoginFailed('This login was begun by a login service that this application does not use.');
    }
  }
}
