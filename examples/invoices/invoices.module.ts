import { Module } from '@nestjs/common';
import { AuthModule } from '../../src/auth/index.js';
import { InvoicesController } from './invoices.controller.js';
import { invoicePermissions } from './invoices.permissions.js';
import { InvoicesService } from './invoices.service.js';

@Module({
  imports: [AuthModule.forFeature(invoicePermissions)],
  controllers: [InvoicesController],
  providers: [InvoicesService],
})
export class InvoicesModule {}
