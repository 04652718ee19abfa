import { Module } from '@nestjs/common';
import { ReportsController } from './reports.controller.js';
import { ReportsRepository } from './reports.repository.js';

/** Reports over expenses. Needs the DatabaseModule; its permission is declared by the ExpensesModule. */
@Module({ controllers: [ReportsController], providers: [ReportsRepository] })
export class ReportsModule {}
