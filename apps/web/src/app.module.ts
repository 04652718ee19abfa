import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ExpensesApi } from './api/expenses-api.js';
import { configModule } from './config/config.module.js';
import { ExpensesController } from './expenses/expenses.controller.js';
import { ExpensesPage } from './expenses/expenses.page.js';
import { LoginModule } from './login/login.module.js';
import { ErrorPages } from './pages/error-pages.filter.js';
import { HomeController } from './pages/home.controller.js';
import { UserController } from './pages/user.controller.js';
import { SessionsModule } from './sessions/sessions.module.js';

@Module({
  imports: [SessionsModule, LoginModule],
  controllers: [HomeController, UserController, ExpensesController],
  providers: [ExpensesApi, ExpensesPage, { provide: APP_FILTER, useClass: ErrorPages }],
})
export class AppModule {
  /** @param variables taken instead of the process environment, for tests */
  static async with(variables?: Record<string, string>): Promise<DynamicModule> {
    return { module: AppModule, imports: [await configModule(variables)] };
  }
}
