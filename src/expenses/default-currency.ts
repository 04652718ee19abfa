import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { FastifyRequest } from 'fastify';
import type { Environment } from '../config/environment.js';

/** Completes a body without a currency before it is validated: how many decimals a value may have depends on it. */
@Injectable()
export class DefaultCurrency implements NestInterceptor {
  constructor(private readonly config: ConfigService<Environment, true>) {}

  intercept(context: ExecutionContext, next: CallHandler) {
    const { body } = context.switchToHttp().getRequest<FastifyRequest<{ Body: unknown }>>();
    if (
      typeof body === 'object' &&
      body !== null &&
      !Array.isArray(body) &&
      !Object.hasOwn(body, 'currency')
    ) {
      Object.assign(body, { currency: this.config.get('DEFAULT_CURRENCY', { infer: true }) });
    }
    return next.handle();
  }
}
