import { Controller, Get, Query, Render, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ExpensesApi } from '../api/expenses-api.js';
import { totals } from '../expenses/money.js';
import { LOGGED_OUT } from '../login/logout.controller.js';
import { Public } from '../sessions/session.guard.js';
import { LoginNeeded } from '../sessions/session.errors.js';
import { explain } from './trouble.js';

/** The home page: who you are and what you spent, or how to log in. */
@Controller()
export class HomeController {
  constructor(private readonly api: ExpensesApi) {}

  @Public()
  @Get()
  @Render('home')
  async home(@Req() { session }: FastifyRequest, @Query('state') state?: unknown) {
    return session ? this.#summary(session.id) : { loggedOut: state === LOGGED_OUT };
  }

  /** An outage of the API does not keep this page from saying who is logged in. */
  async #summary(session: string) {
    try {
      return { totals: totals(await this.api.categories(session, {})) };
    } catch (error) {
      if (error instanceof LoginNeeded) throw error;
      return { trouble: explain(error, '/') };
    }
  }
}
