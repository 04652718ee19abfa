import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { Drafts } from './drafts.js';
import { Undo } from './undo.js';

/** What a person typed or deleted, kept for a while in their browser. */
@Module({
  imports: [SessionsModule],
  providers: [Drafts, Undo],
  exports: [Drafts, Undo],
})
export class DraftsModule {}
