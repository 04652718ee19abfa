import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  HttpStatus,
  Param,
  Patch,
  Post,
  Query,
  Res,
  type StreamableFile,
} from '@nestjs/common';
import {
  ApiConsumes,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { ConfigService } from '@nestjs/config';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { CurrentPrincipal, type Principal, OptionalScopes, Scopes, StepUp } from '../auth/index.js';
import type { Environment } from '../config/environment.js';
import { Problems } from '../http/problems.decorator.js';
import { publicPath } from '../http/public-path.js';
import { RequestHeaders } from '../http/request-headers.js';
import { documentedBy } from '../http/schema.pipe.js';
import { authorOf, ownersFor } from './caller.js';
import type { List } from './cursor.js';
import { prefersCsv } from './csv.js';
import { idParameter } from './expense.fields.js';
import {
  type ExpenseFields,
  type ExpensePatch,
  expenseAnswer,
  expensePatch,
  newExpense,
} from './expense.schema.js';
import { answerWithTag, exportExpenses, linkPages, toAnswer } from './expenses.answers.js';
import {
  assertMeansAll,
  type ChangeHeaders,
  changeHeaders,
  type CreationHeaders,
  creationHeaders,
  isNotModified,
  preconditions,
  type ReadHeaders,
  readHeaders,
  sayWhetherReplayed,
  type WholeHeaders,
  wholeHeaders,
} from './expenses.headers.js';
import {
  countHeader,
  etagHeader,
  fileHeader,
  linkHeader,
  locationHeader,
  OF_OWN_ROWS,
  replayedHeader,
} from './expenses.openapi.js';
import { type ListQuery, listQuery, noQuery, type OwnerQuery, ownerQuery } from './expenses.query.js';
import { ExpensesService } from './expenses.service.js';
import { NewExpensePipe } from './new-expense.pipe.js';

/** How long ago the owner of the expenses may have logged in who deletes all of them, in seconds. */
const ERASE_LOGIN_SECONDS = 300;

const deletedAnswer = z.object({ deleted: z.int() }).meta({ id: 'Deleted' });

/** Expenses: a caller's own, and with `?owner=` and read:all_reports those of others. The list is at `/` as well. */
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

  @Get(['expenses', ''])
  @Scopes('read:reports')
  @OptionalScopes('read:all_reports')
  @ApiOperation({
    operationId: 'listExpenses',
    summary: 'List expenses, newest first',
    description:
      'A page of them; as CSV, unless `limit` or `cursor` is given, all of them, with what an import called them ' +
      '(`externalId`). JSON is not compressed; a proxy may do that.',
  })
  @ApiProduces('application/json', 'text/csv')
  @ApiOkResponse({
    description: 'The expenses',
    standardSchema: z.array(expenseAnswer),
    headers: { ...linkHeader, ...countHeader, ...fileHeader },
  })
  @Problems(...OF_OWN_ROWS, 'too_many_exports')
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: listQuery }) query: ListQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | ReturnType<typeof toAnswer>[]> {
    const { owner, sort = '-date', count, limit, cursor, bom: _bom, ...filters } = query;
    const list: List = { owners: ownersFor(principal, owner), filters, sort };
    const wantsCsv = prefersCsv(accept, reply);
    if (count && cursor === undefined) {
      void reply.header('x-total-count', await this.expenses.count(list));
    }
    const isWhole = wantsCsv && limit === undefined && cursor === undefined;
    if (isWhole) return exportExpenses(query, this.expenses.all(list, principal.account));
    const { rows, next } = await this.expenses.list(list, { limit, cursor });
    linkPages(reply, query, next);
    if (wantsCsv) return exportExpenses(query, Readable.from(rows));
    return rows.map((expense) => toAnswer(expense, owner));
  }

  @Post('expenses')
  @Scopes('create:expenses')
  @ApiOperation({ operationId: 'createExpense', summary: 'Add an expense' })
  @ApiCreatedResponse({
    description: 'The new expense; or, to a repeated request, that of the first one',
    standardSchema: expenseAnswer,
    headers: { ...locationHeader, ...etagHeader, ...replayedHeader },
  })
  @Problems(...OF_OWN_ROWS, 'invalid_parameters', 'idempotency_key_reused')
  async create(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: noQuery }) _query: object,
    @RequestHeaders(creationHeaders) { 'Idempotency-Key': key }: CreationHeaders,
    @Body({ schema: documentedBy(newExpense), pipes: [NewExpensePipe] }) fields: ExpenseFields,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const created = await this.expenses.create(authorOf(principal), fields, key);
    void reply.header('location', publicPath(this.baseUrl, `/expenses/${created.expense.id}`));
    sayWhetherReplayed(reply, created);
    return answerWithTag(reply, created.expense);
  }

  @Delete('expenses')
  @Scopes('delete:expenses')
  @StepUp({ maxAge: ERASE_LOGIN_SECONDS })
  @ApiOperation({ operationId: 'deleteExpenses', summary: 'Delete all your expenses' })
  @ApiOkResponse({ description: 'How many there were', standardSchema: deletedAnswer })
  @Problems(...OF_OWN_ROWS, 'invalid_parameters', 'precondition_failed')
  async removeAll(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: noQuery }) _query: object,
    @RequestHeaders(wholeHeaders) headers: WholeHeaders,
  ): Promise<z.output<typeof deletedAnswer>> {
    assertMeansAll(headers);
    return { deleted: await this.expenses.removeAll(authorOf(principal)) };
  }

  @Get('expenses/:id')
  @Scopes('read:reports')
  @OptionalScopes('read:all_reports')
  @ApiOperation({ operationId: 'getExpense', summary: 'Read an expense' })
  @ApiOkResponse({ description: 'The expense', standardSchema: expenseAnswer, headers: etagHeader })
  @ApiResponse({ status: 304, description: 'The client has it as it is', headers: etagHeader })
  @Problems(...OF_OWN_ROWS, 'expense_not_found', 'precondition_failed')
  async find(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: idParameter }) id: string,
    @Query({ schema: ownerQuery }) { owner }: OwnerQuery,
    @RequestHeaders(readHeaders) headers: ReadHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const expense = await this.expenses.find(ownersFor(principal, owner), id);
    preconditions({ 'If-Match': headers['If-Match'] })(expense);
    const answer = answerWithTag(reply, expense, owner);
    if (!isNotModified(expense, headers)) return answer;
    void reply.status(HttpStatus.NOT_MODIFIED);
    return undefined;
  }

  @Patch('expenses/:id')
  @Scopes('update:expenses')
  @ApiOperation({
    operationId: 'updateExpense',
    summary: 'Change some members of an expense',
    description:
      'A JSON merge patch (RFC 7396): `null` takes the category away. A whole expense, as read, is one, too.',
  })
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiOkResponse({
    description: 'The expense as it is now',
    standardSchema: expenseAnswer,
    headers: etagHeader,
  })
  @Problems(...OF_OWN_ROWS, 'expense_not_found', 'precondition_failed')
  async update(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: idParameter }) id: string,
    @Query({ schema: noQuery }) _query: object,
    @RequestHeaders(changeHeaders) headers: ChangeHeaders,
    @Body({ schema: expensePatch }) patch: ExpensePatch,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return answerWithTag(
      reply,
      await this.expenses.update(authorOf(principal), id, patch, preconditions(headers)),
    );
  }

  @Delete('expenses/:id')
  @Scopes('delete:expenses')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteExpense', summary: 'Delete an expense' })
  @ApiNoContentResponse({ description: 'It is deleted' })
  @Problems(...OF_OWN_ROWS, 'expense_not_found', 'precondition_failed')
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: idParameter }) id: string,
    @Query({ schema: noQuery }) _query: object,
    @RequestHeaders(changeHeaders) headers: ChangeHeaders,
  ): Promise<void> {
    await this.expenses.remove(authorOf(principal), id, preconditions(headers));
  }
}
