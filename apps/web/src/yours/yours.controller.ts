import { Body, Controller, Get, Post, Render, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ApiRefusal } from '../api/api.errors.js';
import { ExpensesApi } from '../api/expenses-api.js';
import { allExpenses, begun, jsonArray } from '../expenses/all-expenses.js';
import { askToWrite } from '../expenses/permissions.js';
import { loginPath } from '../login/return-to.js';
import type { CurrentSession } from '../sessions/browser-session.js';
import { LoggedIn } from '../sessions/session.guard.js';

/** A person's data: all of it to take away, or to be erased. */
@Controller()
export class YoursController {
  constructor(private readonly api: ExpensesApi) {}

  @Get('expenses.json')
  async json(@LoggedIn() session: CurrentSession): Promise<StreamableFile> {
    return new StreamableFile(await begun(jsonArray(allExpenses(this.api, session.id, {}))), {
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
    try {
      await this.api.eraseAll(session.id);
    } catch (error) {
      const maxAge = error instanceof ApiRefusal ? error.neededLoginAge : undefined;
      // Whoever has just logged in gains nothing by another login.
      if (maxAge === undefined || loggedInJustNow(session)) throw error;
      const confirm = loginPath('/user/erase', [], { maxAge });
      return reply.code(403).view('erase', { ...pageFor(session), confirm });
    }
    return reply.redirect('/expenses?erased=1', 303);
  }
}

/** How long a password counts as entered just now, in seconds. */
const JUST_NOW_SECONDS = 60;

/** Issuers say when the password was entered where they were asked for a recent login (OpenID Connect Core, 2). */
function loggedInJustNow({ claims }: CurrentSession): boolean {
  const { auth_time: at } = claims;
  return typeof at === 'number' && Date.now() / 1000 - at < JUST_NOW_SECONDS;
}

function pageFor({ permissions }: CurrentSession) {
  return { canErase: permissions.includes('delete:expenses'), askToErase: askToWrite('/user/erase') };
}
