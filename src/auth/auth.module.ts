import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { AccessRules } from './access/access.rules.js';
import { AUTH_OPTIONS, ConfigurableAuthModule } from './auth.options.js';
import { ChallengeFilter } from './challenge.filter.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { FormBodies } from './token/form-bodies.js';
import { JwtStrategy } from './token/jwt.strategy.js';
import { PERMISSIONS, type PermissionDescriptions } from './access/permissions.js';
import { ResourceMetadataController } from './metadata/resource-metadata.controller.js';
import { ScopesGuard } from './scopes.guard.js';
import { SigningKeys } from './keys/signing-keys.js';
import { VerifiedTokens } from './token/verified-tokens.js';

/**
 * Turns a Nest application into an OAuth 2.0 resource server: every route of every module needs an access declaration,
 * and the guards enforce it. Import once, with `forRoot` or `forRootAsync`; the verifier exists once per process.
 */
@Module({
  controllers: [ResourceMetadataController],
  providers: [
    AccessRules,
    SigningKeys,
    VerifiedTokens,
    JwtStrategy,
    FormBodies,
    JwtAuthGuard,
    ScopesGuard,
    { provide: APP_GUARD, useExisting: JwtAuthGuard },
    { provide: APP_GUARD, useExisting: ScopesGuard },
    { provide: APP_FILTER, useClass: ChallengeFilter },
  ],
  exports: [AccessRules, SigningKeys, VerifiedTokens, JwtStrategy, AUTH_OPTIONS],
})
export class AuthModule extends ConfigurableAuthModule {
  /** Declares a feature module's permissions. */
  static forFeature(permissions: PermissionDescriptions): DynamicModule {
    return { module: PermissionsModule, providers: [{ provide: PERMISSIONS, useValue: permissions }] };
  }
}

@Module({})
class PermissionsModule {}
