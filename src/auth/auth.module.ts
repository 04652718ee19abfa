import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  Module,
  type NestModule,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, ModulesContainer } from '@nestjs/core';
import { AccessChecks } from './access/access.checks.js';
import { AccessRules } from './access/access.rules.js';
import { AUTH_OPTIONS, type AuthOptions } from './auth.options.js';
import { checkAuthOptions, InvalidAuthOptions } from './auth.options.schema.js';
import { ChallengeFilter } from './challenge.filter.js';
import { Challenges } from './challenges.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { FormBodies } from './token/form-bodies.js';
import { LogoutTokens } from './token/logout-token.js';
import { REQUEST_AUTHENTICATOR, type RequestAuthenticator, TokenVerifier } from './token/token-verifier.js';
import { PERMISSIONS, type PermissionDescriptions } from './access/permissions.js';
import { ResourceMetadataController } from './metadata/resource-metadata.controller.js';
import { RouteDecisions } from './route.decisions.js';
import { SigningKeys } from './keys/signing-keys.js';
import { SenderConstraints } from './proof/sender-constraints.js';
import { ScopesGuard } from './scopes.guard.js';
import { TrustedIssuers } from './issuers/trusted-issuers.js';
import { VerifiedTokens } from './token/verified-tokens.js';

/** What `forRoot` and `forRootAsync` take beside the options, because it decides which providers there are. */
export interface AuthModuleExtras {
  /** The passport strategy that authenticates requests, such as `JwtStrategy`. Default: none, `TokenVerifier` does. */
  readonly strategy?: Type<RequestAuthenticator>;
}

/** The options as they were given, before anybody has looked at them. */
const GIVEN_OPTIONS = Symbol('auth:given-options');

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<AuthOptions>({
  optionsInjectionToken: GIVEN_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setExtras<AuthModuleExtras>(
    { strategy: undefined },
    ({ providers = [], exports = [], ...definition }, { strategy }) => {
      // What is no class is refused with the other options.
      const strategies = typeof strategy === 'function' ? [strategy] : [];
      return {
        ...definition,
        providers: [
          ...providers,
          {
            provide: AUTH_OPTIONS,
            inject: [GIVEN_OPTIONS],
            useFactory: (options: unknown) => checkAuthOptions(options, strategy),
          },
          ...strategies,
          { provide: REQUEST_AUTHENTICATOR, useExisting: strategies[0] ?? TokenVerifier },
        ],
        exports: [...exports, ...strategies],
      };
    },
  )
  .build();

/**
 * Turns a Nest application into an OAuth 2.0 resource server: every route of every module needs an access declaration,
 * and the guards enforce it. Import once, with `forRoot` or `forRootAsync`: there is one verifier for each application.
 */
@Module({
  controllers: [ResourceMetadataController],
  providers: [
    AccessChecks,
    AccessRules,
    Challenges,
    RouteDecisions,
    SenderConstraints,
    TrustedIssuers,
    // Of the first issuer, which in most applications is the only one.
    { provide: SigningKeys, inject: [TrustedIssuers], useFactory: ({ all }: TrustedIssuers) => all[0].keys },
    VerifiedTokens,
    TokenVerifier,
    LogoutTokens,
    FormBodies,
    JwtAuthGuard,
    ScopesGuard,
    { provide: APP_GUARD, useExisting: JwtAuthGuard },
    { provide: APP_GUARD, useExisting: ScopesGuard },
    { provide: APP_FILTER, useClass: ChallengeFilter },
  ],
  exports: [
    AccessChecks,
    AccessRules,
    TrustedIssuers,
    SigningKeys,
    VerifiedTokens,
    TokenVerifier,
    LogoutTokens,
    AUTH_OPTIONS,
  ],
})
export class AuthModule extends ConfigurableModuleClass implements NestModule {
  /** @throws InvalidAuthOptions when several places give options: each would judge every request, by its own */
  constructor(
    private readonly decisions: RouteDecisions,
    modules: ModulesContainer,
  ) {
    super();
    assertGivenOnce(modules);
  }

  /** Nest calls it before its router registers the routes, and for applications that have routes only. */
  configure(): Promise<void> {
    return this.decisions.prepare();
  }

  /**
   * Takes the options as they are; `forRootAsync` takes a factory of them.
   * @throws InvalidAuthOptions when there are none, as from a ConfigService that knows none by that name
   */
  static override forRoot(options: AuthOptions & AuthModuleExtras): DynamicModule {
    // Nest's own method would end in a TypeError that names nothing.
    if (Object(options) !== options) checkAuthOptions(options);
    return super.forRoot(options);
  }

  /** Declares a feature module's permissions. */
  static forFeature(permissions: PermissionDescriptions): DynamicModule {
    return { module: PermissionsModule, providers: [{ provide: PERMISSIONS, useValue: permissions }] };
  }
}

@Module({})
class PermissionsModule {}

/** @throws InvalidAuthOptions naming the modules that import an `AuthModule` of their own */
function assertGivenOnce(modules: ModulesContainer): void {
  const all = [...modules.values()];
  const places = all
    .filter(({ metatype }) => metatype === AuthModule)
    .map((one) => all.find(({ imports }) => imports.has(one))?.name ?? 'the application');
  if (places.length < 2) return;
  throw new InvalidAuthOptions([
    `they are given ${places.length} times, in ${places.join(' and in ')}: give them once, and where several ` +
      'modules import what forRoot returns, have it in a constant',
  ]);
}
