import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ApiModule } from './api/api.module.js';
import { configModule } from './config/config.module.js';
import { DraftsModule } from './drafts/drafts.module.js';
import { ExpensesModule } from './expenses/expenses.module.js';
import { EveryoneModule } from './everyone/everyone.module.js';
import { HealthModule } from './health/health.module.js';
import { ImportModule } from './import/import.module.js';
import { LoginModule } from './login/login.module.js';
import { ErrorPages } from './pages/error-pages.filter.js';
import { HomeController } from './pages/home.controller.js';
import { UserController } from './pages/user.controller.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { YoursModule } from './yours/yours.module.js';

/** The root of the application. */
@Module({
  imports: [
    SessionsModule,
    LoginModule,
    ApiModule,
    DraftsModule,
    ExpensesModule,
    HealthModule,
    ImportModule,
    EveryoneModule,
    YoursModule,
  ],
  controllers: [HomeController, UserController],
  providers: [{ provide: APP_FILTER, useClass: ErrorPages }],
})
export class AppModule {
  /** @param variables taken instead of the process environment, for tests */
  static async with(variables?: Record<string, string>): Promise<DynamicModule> {
    return { module: AppModule, imports: [await configModule(variables)] };
  }
}
