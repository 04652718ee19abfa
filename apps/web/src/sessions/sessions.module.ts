import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { BrowserSession } from './browser-session.js';
import { Cookies } from './cookies.js';
import { FormTokens } from './form-tokens.js';
import { RedisConnection } from './redis.js';
import { RedisSessionStore } from './redis-session-store.js';
import { Sealing } from './sealing.js';
import { SessionGuard } from './session.guard.js';
import { MemorySessionStore, SESSION_STORE, type SessionStore } from './session-store.js';
import { Sessions } from './sessions.js';

/** Who is logged in. Its guard closes every page that is not marked `@Public()`. */
@Module({
  providers: [
    Sealing,
    Cookies,
    FormTokens,
    RedisConnection,
    {
      provide: SESSION_STORE,
      inject: [RedisConnection],
      useFactory: ({ client }: RedisConnection): SessionStore =>
        client ? new RedisSessionStore(client) : new MemorySessionStore(),
    },
    Sessions,
    BrowserSession,
    { provide: APP_GUARD, useClass: SessionGuard },
  ],
  exports: [Sealing, Cookies, Sessions, BrowserSession, RedisConnection],
})
export class SessionsModule {}
