import { Body, Controller, Get, Post, Render, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { ExpensesApi } from '../api/expenses-api.js';
import { allExpenses, jsonArray } from '../expenses/all-expenses.js';
import { askToWrite } from '../expenses/permissions.js';
import type { CurrentSession } from '../sessions/browser-session.js';
import { LoggedIn } from '../sessions/session.guard.js';

/** A person's data: all of it to take away, or to be erased. */
@Controller()
export class YoursController {
  constructor(private readonly api: ExpensesApi) {}

  @Get('expenses.json')
  json(@LoggedIn() session: CurrentSession): StreamableFile {
    return new StreamableFile(Readable.from(jsonArray(allExpenses(this.api, session.id, {}))), {
      type: 'application/json; charset=utf-8',
      disposition: 'attachment; filename="expenses.json"',
    });
  }

  @Get('user/erase')
  @Render('erase')
  ask(@LoggedIn() session: CurrentSession) {
    return pageFor(session);
  }

  /** Erases all expenses of the person, who has ticked that they mean it. */
  @Post('user/erase')
  async erase(
    @LoggedIn() session: CurrentSession,
    @Body() body: Readonly<Record<string, unknown>> | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (body?.['sure'] !== 'yes')
      return reply.code(422).view('erase', { ...pageFor(session), isUnsure: true });
    await this.api.eraseAll(session.id);
    return reply.redirect('/expenses?erased=1', 303);
  }
}

function pageFor({ permissions }: CurrentSession) {
  return { canErase: permissions.includes('delete:expenses'), askToErase: askToWrite('/user/erase') };
}
