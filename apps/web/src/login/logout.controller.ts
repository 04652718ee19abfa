import { Controller, Get, Post, Query, Render, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSession } from '../sessions/browser-session.js';
import { Public } from '../sessions/session.guard.js';
import { Sealing } from '../sessions/sealing.js';
import { Issuer } from './issuer.js';
import { IssuerUnavailable } from './login.errors.js';
import { RememberedPermissions } from './remembered-permissions.js';
import { Revocations } from './revocations.js';

/** The `state` that comes back from the issuer to the home page (RP-Initiated Logout 1.0, 3). */
export const LOGGED_OUT = 'logged-out';
/** Pause between two attempts to reach the issuer, in seconds, and how many the browser makes by itself. */
const RETRY_SECONDS = 10;
const MAX_ATTEMPTS = 30;
/** After so long there is nothing left to end at the issuer, in seconds. */
const LIFETIME_SECONDS = 24 * 60 * 60;

/** What is left to do at the issuer after a log out here. */
interface Rest {
  /** The issuer's own id of the session (`sid`). */
  readonly session?: string;
  readonly attempt: number;
}

/** Log out, here and at the issuer. */
@Public()
@Controller('logout')
export class LogoutController {
  constructor(
    private readonly issuer: Issuer,
    private readonly revocations: Revocations,
    private readonly remembered: RememberedPermissions,
    private readonly browser: BrowserSession,
    private readonly sealing: Sealing,
  ) {}

  /** Asks first: a link or an image on another site must not log anybody out. */
  @Get()
  @Render('logout')
  confirm() {
    return {};
  }

  /**
   * Ends the session here first: whether the issuer can be reached or not, nobody is logged in here afterwards. Then it
   * takes back the refresh token, and sends the browser to the issuer to end the session there.
   */
  @Post()
  async logout(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<unknown> {
    const { session } = request;
    await this.browser.end(request, reply);
    this.remembered.forget(reply);
    if (!session) return reply.redirect('/', 303);
    const { refreshToken, claims } = session;
    const revoked = refreshToken === undefined ? undefined : this.revocations.revoke(refreshToken);
    const sid = typeof claims.sid === 'string' ? claims.sid : undefined;
    return this.#leave(reply, { session: sid, attempt: 0 }, revoked);
  }

  /** Tries again to end the session at the issuer, and says so while it cannot be reached. */
  @Get('issuer')
  async again(@Query('rest') sealed: unknown, @Res() reply: FastifyReply): Promise<unknown> {
    const rest = typeof sealed === 'string' ? await this.sealing.open<Rest>('logout', sealed) : undefined;
    return rest ? this.#leave(reply, rest) : reply.redirect('/logout', 303);
  }

  /** @param revoked what is under way at the issuer already: one that hangs costs one time-out, not two */
  async #leave(reply: FastifyReply, rest: Rest, revoked?: Promise<void>): Promise<unknown> {
    try {
      await Promise.all([this.issuer.assertReachable(), revoked]);
      const url = await this.issuer.logoutUrl(rest.session, LOGGED_OUT);
      if (url) return await reply.redirect(url.href, 303);
      return await reply.view('logged-out', { issuer: 'unsupported' });
    } catch (error) {
      if (!(error instanceof IssuerUnavailable)) throw error;
      const next = await this.#link({ ...rest, attempt: rest.attempt + 1 });
      if (rest.attempt < MAX_ATTEMPTS) reply.header('refresh', `${RETRY_SECONDS}; url=${next}`);
      const { reference } = error;
      return reply.code(503).view('logged-out', { issuer: 'away', next, seconds: RETRY_SECONDS, reference });
    }
  }

  async #link(rest: Rest): Promise<string> {
    const expiresAt = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS;
    return `/logout/issuer?rest=${await this.sealing.seal('logout', rest, expiresAt)}`;
  }
}
