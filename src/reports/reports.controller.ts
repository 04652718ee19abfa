import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { CurrentPrincipal, type Principal, OptionalScopes, Scopes } from '../auth/index.js';
import { ownersFor } from '../expenses/caller.js';
import { csvAnswer, prefersCsv } from '../expenses/csv.js';
import { type Filters, filters } from '../expenses/expenses.query.js';
import { ReportsRepository } from './reports.repository.js';

const total = { currency: z.string(), count: z.int(), total: z.string().meta({ example: '1234.56' }) };
const monthlyTotal = z.object({ month: z.string().meta({ example: '2026-03' }), ...total });
const categoryTotal = z.object({ category: z.string().nullable(), ...total });

/** Sums of expenses per currency. They take the filters of the list. */
@ApiTags('Reports')
@Controller('reports')
@Scopes('read:reports')
@OptionalScopes('read:all_reports')
@ApiProduces('application/json', 'text/csv')
export class ReportsController {
  constructor(private readonly reports: ReportsRepository) {}

  @Get('monthly')
  @ApiOkResponse({ standardSchema: z.array(monthlyTotal.meta({ id: 'MonthlyTotal' })) })
  async monthly(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: filters }) query: Filters,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const rows = await this.reports.monthly(ownersFor(principal, query.owner), query);
    if (!prefersCsv(accept, reply)) return rows;
    return csvAnswer('monthly', ['month', 'currency', 'count', 'total'], Readable.from(rows));
  }

  @Get('categories')
  @ApiOkResponse({ standardSchema: z.array(categoryTotal.meta({ id: 'CategoryTotal' })) })
  async categories(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: filters }) query: Filters,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const rows = await this.reports.categories(ownersFor(principal, query.owner), query);
    if (!prefersCsv(accept, reply)) return rows;
    return csvAnswer('categories', ['category', 'currency', 'count', 'total'], Readable.from(rows));
  }
}
