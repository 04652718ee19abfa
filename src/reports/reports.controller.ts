import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { CurrentPrincipal, type Principal, OptionalScopes, Scopes } from '../auth/index.js';
import { Problems } from '../http/problems.decorator.js';
import { ownersFor } from '../expenses/caller.js';
import { csvAnswer, prefersCsv } from '../expenses/csv.js';
import { type ReportQuery, reportQuery } from '../expenses/expenses.query.js';
import { fileHeader, OF_OWN_ROWS } from '../expenses/expenses.openapi.js';
import { EVERYBODY } from '../expenses/owner.js';
import { ReportsRepository } from './reports.repository.js';

const total = { currency: z.string(), count: z.int(), total: z.string().meta({ example: '1234.56' }) };
const monthlyTotal = z
  .object({ month: z.string().meta({ example: '2026-03' }), ...total })
  .meta({ id: 'MonthlyTotal' });
const categoryTotal = z.object({ category: z.string().nullable(), ...total }).meta({ id: 'CategoryTotal' });
const ownerTotal = z.object({ owner: z.string(), ...total }).meta({ id: 'OwnerTotal' });

/** Sums of expenses per currency. They take the filters of the list. */
@ApiTags('Reports')
@Controller('reports')
@ApiProduces('application/json', 'text/csv')
export class ReportsController {
  constructor(private readonly reports: ReportsRepository) {}

  @Get('monthly')
  @Scopes('read:reports')
  @OptionalScopes('read:all_reports')
  @ApiOperation({ operationId: 'getMonthlyTotals', summary: 'Sum expenses per month, in each currency' })
  @ApiOkResponse({ description: 'The sums', standardSchema: z.array(monthlyTotal), headers: fileHeader })
  @Problems(...OF_OWN_ROWS)
  async monthly(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: reportQuery }) { owner, bom, ...filters }: ReportQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const rows = await this.reports.monthly(ownersFor(principal, owner), filters);
    if (!prefersCsv(accept, reply)) return rows;
    const columns = ['month', 'currency', 'count', 'total'] as const;
    return csvAnswer({ name: 'monthly', columns, bom }, Readable.from(rows));
  }

  @Get('categories')
  @Scopes('read:reports')
  @OptionalScopes('read:all_reports')
  @ApiOperation({ operationId: 'getCategoryTotals', summary: 'Sum expenses per category, in each currency' })
  @ApiOkResponse({ description: 'The sums', standardSchema: z.array(categoryTotal), headers: fileHeader })
  @Problems(...OF_OWN_ROWS)
  async categories(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: reportQuery }) { owner, bom, ...filters }: ReportQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const rows = await this.reports.categories(ownersFor(principal, owner), filters);
    if (!prefersCsv(accept, reply)) return rows;
    const columns = ['category', 'currency', 'count', 'total'] as const;
    return csvAnswer({ name: 'categories', columns, bom }, Readable.from(rows));
  }

  @Get('owners')
  @Scopes('read:all_reports')
  @ApiOperation({ operationId: 'getOwnerTotals', summary: 'Sum expenses per owner, in each currency' })
  @ApiOkResponse({ description: 'The sums', standardSchema: z.array(ownerTotal), headers: fileHeader })
  @Problems('database_unavailable')
  async owners(
    @Query({ schema: reportQuery }) { owner = EVERYBODY, bom, ...filters }: ReportQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const rows = await this.reports.owners(owner, filters);
    if (!prefersCsv(accept, reply)) return rows;
    const columns = ['owner', 'currency', 'count', 'total'] as const;
    return csvAnswer({ name: 'owners', columns, bom }, Readable.from(rows));
  }
}
