import { Body, Controller, Headers, HttpStatus, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { ProblemException } from '../../problems/problem.exception.js';
import { CurrentPrincipal, type Principal, Scopes } from '../../auth/index.js';
import { authorOf } from '../caller.js';
import { parseIdempotencyKey, sayWhetherReplayed } from '../expenses.headers.js';
import { type ImportQuery, importQuery } from '../expenses.query.js';
import { ImportService } from './import.service.js';

const counts = {
  imported: z.int().describe('New expenses'),
  skipped: z.int().describe('Rows whose expense was there already'),
};
const importAnswer = z.object(counts).meta({ id: 'Import' });
const dryRunAnswer = z.object({ dryRun: z.literal(true), ...counts }).meta({ id: 'ImportDryRun' });

@ApiTags('Expenses')
@Controller('expenses/import')
export class ImportController {
  constructor(private readonly service: ImportService) {}

  @Post()
  @Scopes('create:expenses')
  @ApiConsumes('text/csv')
  @ApiBody({ schema: { type: 'string', example: 'date,description,value\n2026-03-31,Lunch,12.50\n' } })
  @ApiCreatedResponse({ standardSchema: importAnswer })
  @ApiOkResponse({ standardSchema: dryRunAnswer })
  async import(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: importQuery }) { dryRun }: ImportQuery,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.output<typeof importAnswer | typeof dryRunAnswer>> {
    if (!(body instanceof Readable)) throw new ProblemException('unsupported_media_type');
    const author = authorOf(principal);
    const idempotencyKey = parseIdempotencyKey(key);
    if (dryRun) {
      void reply.status(HttpStatus.OK);
      return { dryRun: true, ...(await this.service.tryImport(author, body)) };
    }
    const { isReplay, ...answer } = await this.service.import(author, body, idempotencyKey);
    sayWhetherReplayed(reply, { isReplay });
    return answer;
  }
}
