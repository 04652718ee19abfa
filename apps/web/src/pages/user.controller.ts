import { Controller, Get, Render } from '@nestjs/common';
import { Issuer } from '../login/issuer.js';
import type { CurrentSession } from '../sessions/browser-session.js';
import { LoggedIn } from '../sessions/session.guard.js';

/** Claims that concern the ID token and not the person (OpenID Connect Core, 2 and 3.3.2.11). */
const PROTOCOL_CLAIMS = new Set(
  'iss aud exp iat nbf jti nonce auth_time acr amr azp at_hash c_hash s_hash sid'.split(' '),
);

/** What this application knows of the user, and what it may do for them. */
@Controller('user')
export class UserController {
  constructor(private readonly issuer: Issuer) {}

  @Get()
  @Render('user')
  async show(@LoggedIn() session: CurrentSession) {
    const claims = Object.entries(session.claims)
      .filter(([name]) => !PROTOCOL_CLAIMS.has(name))
      .map(([name, value]) => ({ name, value: typeof value === 'string' ? value : JSON.stringify(value) }));
    const accountPage = await this.issuer.accountPage();
    return { claims, permissions: session.permissions, endsAt: new Date(session.endsAt * 1000), accountPage };
  }
}
