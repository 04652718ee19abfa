import { Body, Controller, Get, NotFoundException, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentPrincipal, type Principal, Scopes } from '../../src/auth/index.js';
import { type Invoice, InvoicesService } from './invoices.service.js';

const newInvoice = z.strictObject({
  customer: z.string().min(1).max(200),
  amount: z.number().positive().max(1_000_000),
});
const invoice = newInvoice.extend({ id: z.uuid() }).meta({ id: 'Invoice' });

@ApiTags('Invoices')
@Controller('invoices')
@Scopes('read:invoices')
export class InvoicesController {
  constructor(private readonly invoices: InvoicesService) {}

  @Get()
  @ApiOkResponse({ standardSchema: z.array(invoice) })
  list(@CurrentPrincipal() { subject }: Principal): Invoice[] {
    return this.invoices.list(subject);
  }

  @Get(':id')
  @ApiOkResponse({ standardSchema: invoice })
  find(@CurrentPrincipal() { subject }: Principal, @Param('id') id: string): Invoice {
    const found = this.invoices.find(subject, id);
    if (!found) throw new NotFoundException();
    return found;
  }

  @Post()
  @Scopes('create:invoices')
  @ApiCreatedResponse({ standardSchema: invoice })
  create(
    @CurrentPrincipal() { subject }: Principal,
    @Body({ schema: newInvoice }) fields: z.output<typeof newInvoice>,
  ): Invoice {
    return this.invoices.create(subject, fields);
  }
}
