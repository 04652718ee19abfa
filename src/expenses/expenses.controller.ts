import { Body, Controller, Get, Headers, Param, Post, Query, Res, UseInterceptors } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CurrentPrincipal, type Principal, Scopes } from '../auth/index.js';
import { authorOf, ownersFor } from './callers.js';
import { DefaultCurrency } from './default-currency.js';
import { type ExpenseFields, expenseAnswer, newExpense } from './expense.schema.js';
import { linkPages, present, tagged } from './expenses.answers.js';
import { parseIdempotencyKey } from './expenses.headers.js';
import { type ListQuery, listQuery, type OwnerQuery, ownerQuery } from './expenses.query.js';
import { ExpensesService } from './expenses.service.js';

const idParameter = z.uuid('must be a UUID').toLowerCase();

@ApiTags('Expenses')
@Controller()
export class ExpensesController {
  constructor(private readonly expenses: ExpensesService) {}

  @Get()
  @Scopes('read:reports')
  @ApiOkResponse({ standardSchema: z.array(expenseAnswer) })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: listQuery }) query: ListQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const page = await this.expenses.list(ownersFor(principal, query.owner), query);
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
    void reply.header('location', `/expenses/${expense.id}`);
    return tagged(reply, expense);
  }

  @Get('expenses/:id')
  @Scopes('read:reports')
  @ApiOkResponse({ standardSchema: expenseAnswer })
  async find(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: idParameter }) id: string,
    @Query({ schema: ownerQuery }) { owner }: OwnerQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return tagged(reply, await this.expenses.find(ownersFor(principal, owner), id), owner);
  }
}
