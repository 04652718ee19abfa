import { Body, Controller, Get, Param, Post, Query, Render, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ExpensesApi } from '../api/expenses-api.js';
import { Drafts } from '../drafts/drafts.js';
import { Undo } from '../drafts/undo.js';
import { explain } from '../pages/trouble.js';
import type { CurrentSession } from '../sessions/browser-session.js';
import { LoggedIn } from '../sessions/session.guard.js';
import { askAboutDate, draftOf, patchOf, refusedForm, type Submitted } from './expense-form.js';
import { etagOf, ExpensePage } from './expense.page.js';
import { PATH } from './expenses.page.js';
import { isAboutForm, isConflict, isMissing, isOutage } from './refusals.js';
import { needsConfirmation, today } from './unusual-date.js';

/** What cannot be the id of an expense is the address of no page, for whoever asks. */
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

/** The page of one expense: change it, delete it, see what became of it. */
@Controller(`expenses/:id(${UUID})`)
export class ExpenseController {
  constructor(
    private readonly api: ExpensesApi,
    private readonly page: ExpensePage,
    private readonly drafts: Drafts,
    private readonly undo: Undo,
  ) {}

  @Get()
  @Render('expense')
  show(
    @LoggedIn() session: CurrentSession,
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ) {
    return this.page.show(request, session, id, query);
  }

  @Post()
  async save(
    @LoggedIn() session: CurrentSession,
    @Param('id') id: string,
    @Body() submitted: Submitted,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const etag = etagOf(submitted);
    if (needsConfirmation(submitted, today())) {
      const edited = { form: askAboutDate(submitted), etag };
      return reply.code(422).view('expense', await this.page.showForm(request, session, id, edited));
    }
    try {
      await this.api.update(session.id, id, patchOf(submitted, request.format), etag);
    } catch (error) {
      return this.#notSaved(error, session, id, submitted, request, reply);
    }
    this.drafts.drop(request, reply);
    await reply.redirect(`${PATH}/${id}?saved=1`, 303);
  }

  /** Deletes the version that the person saw, and keeps it for them to have it back. */
  @Post('delete')
  async remove(
    @LoggedIn() session: CurrentSession,
    @Param('id') id: string,
    @Body() submitted: Submitted,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    try {
      const { expense, etag } = await this.api.find(session.id, id);
      if (etag !== etagOf(submitted)) return await reply.redirect(`${PATH}/${id}?changed=1`, 303);
      await this.api.remove(session.id, id, etag);
      await this.undo.keep(reply, session, id, expense);
    } catch (error) {
      if (isConflict(error)) return reply.redirect(`${PATH}/${id}?changed=1`, 303);
      // The button was pressed twice: it is gone, and the first press kept it.
      if (!isMissing(error)) throw error;
    }
    await reply.redirect(`${PATH}?deleted=1`, 303);
  }

  /** The form again: with its faults, beside the version of somebody else, or with the time to wait. */
  async #notSaved(
    error: unknown,
    session: CurrentSession,
    id: string,
    submitted: Submitted,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const etag = etagOf(submitted);
    if (isConflict(error)) {
      return reply.code(409).view('expense', await this.page.showConflict(request, session, id, submitted));
    }
    if (isAboutForm(error)) {
      const edited = { form: refusedForm(submitted, error), etag };
      return reply.code(422).view('expense', await this.page.showForm(request, session, id, edited));
    }
    if (!isOutage(error)) throw error;
    const trouble = explain(error, `${PATH}/${id}`);
    if (trouble.retryAfterSeconds !== undefined) reply.header('retry-after', trouble.retryAfterSeconds);
    const page = this.page.showTrouble(session, id, { form: draftOf(submitted), etag }, trouble);
    return reply.code(trouble.status).view('expense', page);
  }
}
