import { Body, Controller, HttpStatus, Post, Query, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { ProblemException } from '../../problems/problem.exception.js';
import { CurrentPrincipal, type Principal, Scopes } from '../../auth/index.js';
import { Problems } from '../../http/problems.decorator.js';
import { RequestHeaders } from '../../http/request-headers.js';
import { authorOf } from '../caller.js';
import { type CreationHeaders, creationHeaders, sayWhetherReplayed } from '../expenses.headers.js';
import { OF_OWN_ROWS, replayedHeader } from '../expenses.openapi.js';
import { type ImportQuery, importQuery } from '../expenses.query.js';
import { ImportService } from './import.service.js';

const counts = {
  imported: z.int().describe('New expenses'),
  skipped: z.int().describe('Rows whose expense was there already'),
};
const importAnswer = z.object(counts).meta({ id: 'Import' });
const dryRunAnswer = z.object({ dryRun: z.literal(true), ...counts }).meta({ id: 'ImportDryRun' });

/** Expenses from a file, always in the caller's own name. */
@ApiTags('Expenses')
@Controller('expenses/import')
export class ImportController {
  constructor(private readonly service: ImportService) {}

  @Post()
  @Scopes('create:expenses')
  @ApiOperation({
    operationId: 'importExpenses',
    summary: 'Add the rows of a CSV file',
    description:
      'All of them or, when one has a fault, none. Columns: `date`, `description`, `value` and, as you like, `currency`, ' +
      '`category` and `externalId`, by which the same file may be sent again: rows that are there are skipped. Files ' +
      'that `GET /expenses` exported are taken as they are.',
  })
  @ApiConsumes('text/csv')
  @ApiBody({ schema: { type: 'string', example: 'date,description,value\n2026-03-31,Lunch,12.50\n' } })
  @ApiCreatedResponse({
    description: 'The file is imported',
    standardSchema: importAnswer,
    headers: replayedHeader,
  })
  @ApiOkResponse({ description: 'With dryRun=true: what would happen', standardSchema: dryRunAnswer })
  @Problems(
    ...OF_OWN_ROWS,
    'idempotency_key_reused',
    'invalid_import',
    'too_many_imports',
    'import_unavailable',
  )
  async import(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: importQuery }) { dryRun }: ImportQuery,
    @RequestHeaders(creationHeaders) { 'Idempotency-Key': key }: CreationHeaders,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.output<typeof importAnswer | typeof dryRunAnswer>> {
    if (!(body instanceof Readable)) throw new ProblemException('unsupported_media_type');
    const author = authorOf(principal);
    if (dryRun) {
      void reply.status(HttpStatus.OK);
      return { dryRun: true, ...(await this.service.tryImport(author, body)) };
    }
    const { isReplay, ...answer } = await this.service.import(author, body, key);
    sayWhetherReplayed(reply, { isReplay });
    return answer;
  }
}
