import { Body, Controller, Headers, Post } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiCreatedResponse, ApiTags } from '@nestjs/swagger';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { ProblemException } from '../../problems/problem.exception.js';
import { CurrentPrincipal, type Principal, Scopes } from '../../auth/index.js';
import { authorOf } from '../caller.js';
import { parseIdempotencyKey } from '../expenses.headers.js';
import { ImportService } from './import.service.js';

const importAnswer = z.object({ imported: z.int() }).meta({ id: 'Import' });

@ApiTags('Expenses')
@Controller('expenses/import')
export class ImportController {
  constructor(private readonly service: ImportService) {}

  @Post()
  @Scopes('create:expenses')
  @ApiConsumes('text/csv')
  @ApiBody({ schema: { type: 'string', example: 'date,description,value\n2026-03-31,Lunch,12.50\n' } })
  @ApiCreatedResponse({ standardSchema: importAnswer })
  async import(
    @CurrentPrincipal() principal: Principal,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: unknown,
  ): Promise<z.output<typeof importAnswer>> {
    if (!(body instanceof Readable)) throw new ProblemException('unsupported_media_type');
    return { imported: await this.service.import(authorOf(principal), body, parseIdempotencyKey(key)) };
  }
}
