import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AccessTokens } from './access-tokens.js';
import { Issuer } from './issuer.js';
import { LoginController } from './login.controller.js';
import { PendingLogins } from './pending-logins.js';

/** Login and logout at the issuer, and the access tokens that come of it. */
@Module({
  imports: [SessionsModule],
  controllers: [LoginController],
  providers: [Issuer, PendingLogins, AccessTokens],
  exports: [AccessTokens],
})
export class LoginModule {}
