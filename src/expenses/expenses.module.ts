import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/index.js';
import { CurrenciesController } from './currencies.controller.js';
import { DrizzleExpensesRepository } from './storage/drizzle-expenses.repository.js';
import { ExpensesController } from './expenses.controller.js';
import { expensePermissions } from './expenses.permissions.js';
import { ExpensesRepository } from './storage/expenses.repository.js';
import { ExpensesService } from './expenses.service.js';
import { HistoryController } from './history.controller.js';
import { ImportController } from './import/import.controller.js';
import { IssuerRegistry } from './storage/issuer-registry.js';
import { ImportRoute } from './import/import.route.js';
import { Spools } from './import/spool.js';
import { ImportService } from './import/import.service.js';
import { NewExpensePipe } from './new-expense.pipe.js';

/** Expenses: the list at `/`, and single ones at `/expenses`. Needs the DatabaseModule. */
@Module({
  imports: [AuthModule.forFeature(expensePermissions)],
  controllers: [ImportController, HistoryController, ExpensesController, CurrenciesController],
  providers: [
    ImportRoute,
    Spools,
    NewExpensePipe,
    ExpensesService,
    ImportService,
    IssuerRegistry,
    { provide: ExpensesRepository, useClass: DrizzleExpensesRepository },
  ],
})
export class ExpensesModule {}
