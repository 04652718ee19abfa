import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { BrowserSession } from './browser-session.js';
import { Sealing } from './sealing.js';
import { SessionGuard } from './session.guard.js';
import { Sessions } from './sessions.js';

/** Who is logged in. Its guard closes every page that is not marked `@Public()`. */
@Module({
  providers: [Sealing, Sessions, BrowserSession, { provide: APP_GUARD, useClass: SessionGuard }],
  exports: [Sealing, Sessions, BrowserSession],
})
export class SessionsModule {}
