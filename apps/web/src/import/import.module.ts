import { Module } from '@nestjs/common';
import { ApiModule } from '../api/api.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ImportController } from './import.controller.js';
import { Uploads } from './uploads.js';

/** Expenses from a file. */
@Module({
  imports: [ApiModule, SessionsModule],
  controllers: [ImportController],
  providers: [Uploads],
})
export class ImportModule {}
