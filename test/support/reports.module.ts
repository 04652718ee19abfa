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

/** One route for each kind of access rule, answering expenses without a database. */
@Controller('secured')
class ReportsController {
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

  @Get('open')
  @Public()
  open() {
    return { open: true };
  }
}

/** Protected routes under `/secured`, for tests of authentication alone. */
@Module({ controllers: [ReportsController] })
export class ReportsModule {}
