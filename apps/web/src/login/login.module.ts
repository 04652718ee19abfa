import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AccessTokens } from './access-tokens.js';
import { Issuer } from './issuer.js';
import { LoginController } from './login.controller.js';
import { LoginState } from './login-state.js';
import { LogoutController } from './logout.controller.js';
import { PendingLogins } from './pending-logins.js';
import { ProofKeys } from './proof-keys.js';
import { RememberedPermissions } from './remembered-permissions.js';
import { Revocations } from './revocations.js';

/** Login and logout at the issuer, and the access tokens that come of it. */
@Module({
  imports: [SessionsModule],
  controllers: [LoginController, LogoutController],
  providers: [Issuer, LoginState, PendingLogins, ProofKeys, RememberedPermissions, Revocations, AccessTokens],
  exports: [AccessTokens, Issuer],
})
export class LoginModule {}
