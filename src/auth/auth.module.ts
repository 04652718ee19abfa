import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessRules } from './access.rules.js';
import { AUTH_OPTIONS, ConfigurableAuthModule } from './auth.options.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { JwtStrategy } from './jwt.strategy.js';
import { PERMISSIONS, type PermissionDescriptions } from './permissions.js';
import { ResourceMetadataController } from './resource-metadata.controller.js';
import { ScopesGuard } from './scopes.guard.js';
import { SigningKeys } from './signing-keys.js';
import { VerifiedTokens } from './verified-tokens.js';

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
    JwtAuthGuard,
    ScopesGuard,
    { provide: APP_GUARD, useExisting: JwtAuthGuard },
    { provide: APP_GUARD, useExisting: ScopesGuard },
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
