import { Body, Controller, Get, Post, Query, Render, Req, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ExpensesApi } from '../api/expenses-api.js';
import { Drafts } from '../drafts/drafts.js';
import { Undo } from '../drafts/undo.js';
import { explain } from '../pages/trouble.js';
import type { CurrentSession } from '../sessions/browser-session.js';
import { LoggedIn } from '../sessions/session.guard.js';
import {
  askAboutDate,
  draftOf,
  expenseOf,
  refusedForm,
  submissionOf,
  type Submitted,
} from './expense-form.js';
import { ExpensesPage, PATH } from './expenses.page.js';
import { csvDownload } from './csv-download.js';
import { addressOf, listViewIn, queryOfAll } from './list-view.js';
import { PrintView } from './print-view.js';
import { isAboutForm, isOutage } from './refusals.js';
import { SuggestedCurrency } from './suggested-currency.js';
import { needsConfirmation, today } from './unusual-date.js';

/** The expenses page, its form and its download. */
@Controller()
export class ExpensesController {
  constructor(
    private readonly api: ExpensesApi,
    private readonly page: ExpensesPage,
    private readonly printView: PrintView,
    private readonly currencies: SuggestedCurrency,
    private readonly drafts: Drafts,
    private readonly undo: Undo,
  ) {}

  @Get('expenses')
  @Render('expenses')
  show(
    @LoggedIn() session: CurrentSession,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ) {
    return this.page.show(request, session, query);
  }

  @Post('expenses')
  async add(
    @LoggedIn() session: CurrentSession,
    @Body() submitted: Submitted,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (needsConfirmation(submitted, today())) {
      const page = await this.page.showForm(request, session, askAboutDate(submitted));
      return reply.code(422).view('expenses', page);
    }
    try {
      const body = expenseOf(submitted, request.format);
      const { currency } = await this.api.add(session.id, body, submissionOf(submitted));
      this.currencies.remember(session, reply, currency);
    } catch (error) {
      return this.#notAdded(error, session, submitted, request, reply);
    }
    this.drafts.drop(request, reply);
    const restored = submitted['restored'] !== undefined;
    if (restored) this.undo.drop(request, reply);
    await reply.redirect(restored ? `${PATH}?restored=1` : `${PATH}?added=1`, 303);
  }

  /** Forgets a form that is kept over a login. */
  @Post('expenses/discard')
  async discard(
    @Query('expense') id: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.drafts.drop(request, reply);
    await reply.redirect(typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id) ? `${PATH}/${id}` : PATH, 303);
  }

  @Get('expenses/print')
  async print(
    @LoggedIn() session: CurrentSession,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.printView.send(request, reply, session.id, { view: listViewIn(query), path: PATH });
  }

  /** Only what is a download is called one: an error is a page, which browsers would refuse as an attachment. */
  @Get('expenses.csv')
  async csv(
    @LoggedIn() session: CurrentSession,
    @Query() query: Record<string, unknown>,
    @Req() { format }: FastifyRequest,
  ): Promise<StreamableFile> {
    return csvDownload(this.api.csv(session.id, queryOfAll(listViewIn(query), format)), 'expenses.csv');
  }

  /** The form again: with its faults, or with the time to wait beside it. */
  async #notAdded(
    error: unknown,
    session: CurrentSession,
    submitted: Submitted,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    if (isAboutForm(error)) {
      const page = await this.page.showForm(request, session, refusedForm(submitted, error));
      return reply.code(422).view('expenses', page);
    }
    if (!isOutage(error)) throw error;
    const trouble = explain(error, addressOf(PATH, {}));
    if (trouble.retryAfterSeconds !== undefined) reply.header('retry-after', trouble.retryAfterSeconds);
    return reply
      .code(trouble.status)
      .view('expenses', this.page.showTrouble(session, draftOf(submitted), trouble));
  }
}
