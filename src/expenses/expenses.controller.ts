import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import {
  ApiConsumes,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiProduces,
  ApiTags,
} from '@nestjs/swagger';
import { ConfigService } from '@nestjs/config';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CurrentPrincipal, type Principal, OptionalScopes, Scopes } from '../auth/index.js';
import type { Environment } from '../config/environment.js';
import { publicPath } from '../http/public-path.js';
import { authorOf, ownersFor } from './caller.js';
import { prefersCsv } from './csv.js';
import { DefaultCurrency } from './default-currency.js';
import {
  type ExpenseFields,
  type ExpensePatch,
  expenseAnswer,
  expensePatch,
  newExpense,
} from './expense.schema.js';
import { exportExpenses, linkPages, present, tagged } from './expenses.answers.js';
import { ifMatch, parseIdempotencyKey } from './expenses.headers.js';
import { type ListQuery, listQuery, type OwnerQuery, ownerQuery } from './expenses.query.js';
import { ExpensesService } from './expenses.service.js';

const idParameter = z.uuid('must be a UUID').toLowerCase();

@ApiTags('Expenses')
@Controller()
export class ExpensesController {
  private readonly baseUrl: string;

  constructor(
    private readonly expenses: ExpensesService,
    config: ConfigService<Environment, true>,
  ) {
    this.baseUrl = config.get('BASE_URL', { infer: true });
  }

  @Get()
  @Scopes('read:reports')
  @OptionalScopes('read:all_reports')
  @ApiProduces('application/json', 'text/csv')
  @ApiOkResponse({ standardSchema: z.array(expenseAnswer) })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: listQuery }) query: ListQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const owners = ownersFor(principal, query.owner);
    if (prefersCsv(accept, reply)) return exportExpenses(query, this.expenses.all(owners, query));
    const page = await this.expenses.list(owners, query);
    linkPages(reply, query, page.next);
    return page.expenses.map((expense) => present(expense, query.owner));
  }

  @Post('expenses')
  @Scopes('create:expenses')
  @UseInterceptors(DefaultCurrency)
  @ApiCreatedResponse({ standardSchema: expenseAnswer })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Headers('idempotency-key') key: string | undefined,
    @Body({ schema: newExpense }) fields: ExpenseFields,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const expense = await this.expenses.create(authorOf(principal), fields, parseIdempotencyKey(key));
    void reply.header('location', publicPath(this.baseUrl, `/expenses/${expense.id}`));
    return tagged(reply, expense);
  }

  @Get('expenses/:id')
  @Scopes('read:reports')
  @OptionalScopes('read:all_reports')
  @ApiOkResponse({ standardSchema: expenseAnswer })
  async find(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: idParameter }) id: string,
    @Query({ schema: ownerQuery }) { owner }: OwnerQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return tagged(reply, await this.expenses.find(ownersFor(principal, owner), id), owner);
  }

  @Patch('expenses/:id')
  @Scopes('update:expenses')
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiOkResponse({ standardSchema: expenseAnswer })
  async update(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: idParameter }) id: string,
    @Headers('if-match') tags: string | undefined,
    @Body({ schema: expensePatch }) patch: ExpensePatch,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return tagged(reply, await this.expenses.update(authorOf(principal), id, patch, ifMatch(tags)));
  }

  @Delete('expenses/:id')
  @Scopes('delete:expenses')
  @HttpCode(204)
  @ApiNoContentResponse()
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: idParameter }) id: string,
    @Headers('if-match') tags: string | undefined,
  ): Promise<void> {
    await this.expenses.remove(authorOf(principal), id, ifMatch(tags));
  }
}
