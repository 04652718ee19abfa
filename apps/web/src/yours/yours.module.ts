import { Module } from '@nestjs/common';
import { ApiModule } from '../api/api.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { YoursController } from './yours.controller.js';

/** What a person can do with their data as a whole. */
@Module({ imports: [ApiModule, SessionsModule], controllers: [YoursController] })
export class YoursModule {}
