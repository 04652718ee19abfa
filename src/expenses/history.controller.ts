import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CurrentPrincipal, OptionalScopes, type Principal, Scopes } from '../auth/index.js';
import { Problems } from '../http/problems.decorator.js';
import { ownersFor } from './caller.js';
import { idParameter } from './expense.fields.js';
import { linkPages, toHistoryAnswer } from './expenses.answers.js';
import { linkHeader, OF_OWN_ROWS } from './expenses.openapi.js';
import { type HistoryQuery, historyQuery } from './expenses.query.js';
import { SHOWN_OWNER } from './owner.js';
import { ExpensesService } from './expenses.service.js';

const state = z.object({
  date: z.iso.date(),
  description: z.string(),
  value: z.number(),
  currency: z.string(),
  category: z.string().nullable(),
});

const historyAnswer = z
  .object({
    at: z.iso.datetime(),
    action: z.enum(['created', 'updated', 'deleted']),
    subject: z.string().describe(`Who did it: ${SHOWN_OWNER}`),
    clientId: z.string().nullable().describe('The application that they used'),
    before: state.nullable(),
    after: state.nullable(),
  })
  .meta({ id: 'HistoryEntry' });

/** Who changed an expense, when, by which application, and how. */
@ApiTags('Expenses')
@Controller('expenses/:id/history')
export class HistoryController {
  constructor(private readonly expenses: ExpensesService) {}

  @Get()
  @Scopes('read:history')
  @OptionalScopes('read:all_reports')
  @ApiOperation({
    operationId: 'getExpenseHistory',
    summary: 'Read what happened to an expense, newest first',
    description: 'Also of an expense that was deleted.',
  })
  @ApiOkResponse({ description: 'The changes', standardSchema: z.array(historyAnswer), headers: linkHeader })
  @Problems(...OF_OWN_ROWS, 'expense_not_found')
  async history(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: idParameter }) id: string,
    @Query({ schema: historyQuery }) query: HistoryQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { rows, next } = await this.expenses.history(ownersFor(principal, query.owner), id, query);
    linkPages(reply, query, next);
    return rows.map(toHistoryAnswer);
  }
}
