import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Cookies, cookieValues } from '../sessions/cookies.js';
import { Sealing } from '../sessions/sealing.js';
import { FIRST_PERMISSIONS, requestedPermissions } from './scopes.js';

const LIFETIME_SECONDS = 365 * 24 * 60 * 60;
const COOKIE = 'permissions';

/**
 * The permissions that were granted beyond the first ones, in a sealed cookie: the next login in this browser asks for
 * them again, to which an issuer that knows the user's consent answers without a question. A log out forgets them.
 */
@Injectable()
export class RememberedPermissions {
  constructor(
    private readonly sealing: Sealing,
    private readonly cookies: Cookies,
  ) {}

  /** The permissions to ask for again; none when nothing is remembered. */
  async read(request: FastifyRequest): Promise<string[]> {
    for (const value of cookieValues(request, this.cookies.name(COOKIE))) {
      const names = await this.sealing.open<{ names: string }>(COOKIE, value);
      if (names) return requestedPermissions(names.names);
    }
    return [];
  }

  /** Remembers what a login was granted, in the place of what was remembered before. */
  async keep(reply: FastifyReply, granted: readonly string[]): Promise<void> {
    const names = granted.filter((name) => !FIRST_PERMISSIONS.includes(name)).join(' ');
    if (requestedPermissions(names).length === 0) return this.forget(reply);
    const sealed = await this.sealing.seal(
      COOKIE,
      { names },
      Math.floor(Date.now() / 1000) + LIFETIME_SECONDS,
    );
    reply.setCookie(this.cookies.name(COOKIE), sealed, { ...this.cookies.options, maxAge: LIFETIME_SECONDS });
  }

  /** Has the browser forget them. */
  forget(reply: FastifyReply): void {
    reply.clearCookie(this.cookies.name(COOKIE), this.cookies.options);
  }
}
