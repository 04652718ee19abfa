import { Controller, Get, Injectable, Module, SetMetadata, UseGuards } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { passportJwtSecret } from 'jwks-rsa';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { decorateMethod } from './nest.js';

/** Nest's passport recipe taken literally, keys by jwks-rsa as its README shows, and a guard for the scope. */
export function passportJwtModule({ issuer, jwksUri, audience, scope, expenses }) {
  class JwtStrategy extends PassportStrategy(Strategy) {
    constructor() {
      super({
        secretOrKeyProvider: passportJwtSecret({
          cache: true,
          rateLimit: true,
          jwksRequestsPerMinute: 5,
          jwksUri,
        }),
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        audience,
        issuer,
        algorithms: ['RS256'],
      });
    }

    validate(payload) {
      return payload;
    }
  }
  Injectable()(JwtStrategy);

  class ScopesGuard {
    #reflector;

    constructor(reflector) {
      this.#reflector = reflector;
    }

    canActivate(context) {
      const required = this.#reflector.get('scopes', context.getHandler());
      const granted = context.switchToHttp().getRequest().user.scope?.split(' ') ?? [];
      return required.every((name) => granted.includes(name));
    }
  }
  Injectable()(ScopesGuard);
  Reflect.defineMetadata('design:paramtypes', [Reflector], ScopesGuard);

  class ExpensesController {
    list() {
      return expenses;
    }
  }
  Controller()(ExpensesController);
  decorateMethod(
    ExpensesController,
    'list',
    Get(),
    SetMetadata('scopes', [scope]),
    UseGuards(AuthGuard('jwt'), ScopesGuard),
  );

  class AppModule {}
  Module({ controllers: [ExpensesController], providers: [JwtStrategy] })(AppModule);
  return AppModule;
}
