import { Body, Controller, Get, Post, Query, Render, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { ApiRefusal } from '../api/api.errors.js';
import { ExpensesApi } from '../api/expenses-api.js';
import type { CurrentSession } from '../sessions/browser-session.js';
import { LoggedIn } from '../sessions/session.guard.js';
import { expenseOf, refusedForm, submissionOf, type Submitted } from './expense-form.js';
import { ExpensesPage } from './expenses.page.js';
import { filtersIn } from './filters.js';

/** The expenses page, its form and its download. */
@Controller()
export class ExpensesController {
  constructor(
    private readonly api: ExpensesApi,
    private readonly page: ExpensesPage,
  ) {}

  @Get('expenses')
  @Render('expenses')
  async show(@LoggedIn() session: CurrentSession, @Query() query: Record<string, unknown>) {
    const cursor = typeof query['cursor'] === 'string' ? query['cursor'] : undefined;
    const page = await this.page.show(session, filtersIn(query), cursor);
    return { ...page, added: query['added'] !== undefined };
  }

  @Post('expenses')
  async add(@LoggedIn() session: CurrentSession, @Body() submitted: Submitted, @Res() reply: FastifyReply) {
    try {
      await this.api.add(session.id, expenseOf(submitted), submissionOf(submitted));
    } catch (error) {
      if (!(error instanceof ApiRefusal) || (error.status !== 400 && error.status !== 422)) throw error;
      const page = await this.page.show(session, {}, undefined, refusedForm(submitted, error));
      await reply.code(422).view('expenses', page);
      return;
    }
    reply.redirect('/expenses?added=1', 303);
  }

  /** Only what is a download is called one: an error is a page, which browsers would refuse as an attachment. */
  @Get('expenses.csv')
  async csv(
    @LoggedIn() session: CurrentSession,
    @Query() query: Record<string, unknown>,
  ): Promise<StreamableFile> {
    const csv = await this.api.csv(session.id, filtersIn(query));
    return new StreamableFile(Readable.fromWeb(csv as ReadableStream), {
      type: 'text/csv; charset=utf-8',
      disposition: 'attachment; filename="expenses.csv"',
    });
  }
}
