import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** `GET /health/live` and `GET /health/ready`. */
@Module({ imports: [SessionsModule], controllers: [HealthController], providers: [Readiness] })
export class HealthModule {}
