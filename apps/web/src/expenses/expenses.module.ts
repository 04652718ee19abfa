import { Module } from '@nestjs/common';
import { ApiModule } from '../api/api.module.js';
import { DraftsModule } from '../drafts/drafts.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ExpenseController } from './expense.controller.js';
import { ExpensePage } from './expense.page.js';
import { ExpensesController } from './expenses.controller.js';
import { ExpensesPage } from './expenses.page.js';
import { Overview } from './overview.js';
import { PrintView } from './print-view.js';
import { SuggestedCurrency } from './suggested-currency.js';

/** A person's own expenses: the list, each of them, and what one does with them. */
@Module({
  imports: [ApiModule, DraftsModule, SessionsModule],
  controllers: [ExpensesController, ExpenseController],
  providers: [ExpensesPage, ExpensePage, Overview, PrintView, SuggestedCurrency],
  exports: [Overview, PrintView],
})
export class ExpensesModule {}
