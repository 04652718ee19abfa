import { Controller, Get, Module } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { decorateMethod, listen } from '../lib/nest.js';

/** No authentication, no guard. */
export async function start({ expenses }) {
  class ExpensesController {
    list() {
      return expenses;
    }
  }
  Controller()(ExpensesController);
  decorateMethod(ExpensesController, 'list', Get());

  class AppModule {}
  Module({ controllers: [ExpensesController] })(AppModule);
  return listen(AppModule, new FastifyAdapter());
}
