import { Controller, Get, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { decorateMethod, listen } from '../lib/nest.js';

/**
 * No authentication.
 *
 * @param guards classes of global guards; none unless another server gives some
 */
export async function start({ expenses }, guards = []) {
  class ExpensesController {
    list() {
      return expenses;
    }
  }
  Controller()(ExpensesController);
  decorateMethod(ExpensesController, 'list', Get());

  class AppModule {}
  const providers = guards.map((useClass) => ({ provide: APP_GUARD, useClass }));
  Module({ controllers: [ExpensesController], providers })(AppModule);
  return listen(AppModule, new FastifyAdapter());
}
