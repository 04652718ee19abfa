import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/index.js';
import { DrizzleExpensesRepository } from './drizzle-expenses.repository.js';
import { ExpensesController } from './expenses.controller.js';
import { expensePermissions } from './expenses.permissions.js';
import { ExpensesRepository } from './expenses.repository.js';
import { ExpensesService } from './expenses.service.js';

/** Expenses: the list at `/`, and single ones at `/expenses`. Needs the DatabaseModule. */
@Module({
  imports: [AuthModule.forFeature(expensePermissions)],
  controllers: [ExpensesController],
  providers: [ExpensesService, { provide: ExpensesRepository, useClass: DrizzleExpensesRepository }],
})
export class ExpensesModule {}
