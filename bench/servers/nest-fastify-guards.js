import { Controller, Get, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { decorateMethod, listen } from '../lib/nest.js';

/** Two guards that let everybody in at once: the least that guards can cost. */
export async function start({ expenses }) {
  class ExpensesController {
    list() {
      return expenses;
    }
  }
  Controller()(ExpensesController);
  decorateMethod(ExpensesController, 'list', Get());

  class First {
    canActivate() {
      return true;
    }
  }
  class Second extends First {}
  class AppModule {}
  const providers = [First, Second].map((useClass) => ({ provide: APP_GUARD, useClass }));
  Module({ controllers: [ExpensesController], providers })(AppModule);
  return listen(AppModule, new FastifyAdapter());
}
