import { Controller, Get, Query } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Authenticated } from '../auth/index.js';
import type { Environment } from '../config/environment.js';
import { Problems } from '../http/problems.decorator.js';
import { currencies } from '../money/currencies.js';
import { noQuery } from './expenses.query.js';

const currenciesAnswer = z
  .object({
    default: z.string().describe('The currency of expenses that name none').meta({ example: 'USD' }),
    currencies: z.array(
      z.object({
        code: z.string().meta({ example: 'EUR' }),
        minorUnits: z.int().describe('How many decimals amounts have').meta({ example: 2 }),
      }),
    ),
  })
  .meta({ id: 'Currencies' });

/** The currencies that forms offer. */
@ApiTags('Expenses')
@Controller('currencies')
export class CurrenciesController {
  private readonly answer: z.output<typeof currenciesAnswer>;

  constructor(config: ConfigService<Environment, true>) {
    this.answer = {
      default: config.get('DEFAULT_CURRENCY', { infer: true }),
      currencies: [...currencies],
    };
  }

  /** The currencies of ISO 4217 that are in force, by code. */
  @Get()
  @Authenticated()
  @ApiOperation({
    operationId: 'listCurrencies',
    summary: 'List the currencies of ISO 4217 that are in force',
  })
  @ApiOkResponse({ description: 'The currencies, by code', standardSchema: currenciesAnswer })
  @Problems('invalid_parameters')
  list(@Query({ schema: noQuery }) _query: object) {
    return this.answer;
  }
}
