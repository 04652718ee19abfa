import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import {
  AnyScope,
  Authenticated,
  CurrentPrincipal,
  type Principal,
  Public,
  Scopes,
} from '../../src/auth/index.js';

/** What nobody may see without the right token. */
export const SECRET = 'Dinner with the board';

const EXPENSES = [{ id: '1', date: '2026-03-01', description: SECRET, value: 182.5 }];

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

/** One route for each kind of access rule, answering expenses without a database. */
@Controller('secured')
export class ReportsController {
  @Get()
  @Scopes('read:reports')
  list() {
    return EXPENSES;
  }

  @Post()
  @Scopes('create:expenses')
  create(@Body() _body: unknown) {
    return EXPENSES[0];
  }

  @Get('both')
  @Scopes('read:reports', 'read:all_reports')
  both() {
    return EXPENSES;
  }

  @Get('either')
  @AnyScope('read:reports', 'read:all_reports')
  either() {
    return EXPENSES;
  }

  @Get('me')
  @Authenticated()
  me(@CurrentPrincipal() principal: Principal) {
    return principal;
  }

  /** Tries to make more of the caller, and answers how often that worked. */
  @Get('changed')
  @Authenticated()
  changed(@CurrentPrincipal() principal: Principal) {
    const { claims, scopes } = principal;
    const { org, aud } = claims as { org?: { roles: string[] }; aud: string[] };
    const attempts = [
      () => Object.assign(principal, { subject: 'auth0|admin' }),
      () => Object.assign(claims, { sub: 'auth0|admin' }),
      () => (scopes as string[]).push('read:all_reports'),
      () => aud.push('https://other-api'),
      () => org?.roles.push('admin'),
    ];
    return { changed: attempts.filter(succeeds).length };
  }

  @Get('open')
  @Public()
  open() {
    return { open: true };
  }
}

/** Protected routes under `/secured`, for tests of authentication alone. */
@Module({ controllers: [ReportsController] })
export class ReportsModule {}
