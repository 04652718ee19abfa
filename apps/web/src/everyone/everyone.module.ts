import { Module } from '@nestjs/common';
import { ApiModule } from '../api/api.module.js';
import { ExpensesModule } from '../expenses/expenses.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { EveryoneController, ManagersOnly } from './everyone.controller.js';

/** The view of whoever may read everybody's expenses. */
@Module({
  imports: [ApiModule, ExpensesModule, SessionsModule],
  controllers: [EveryoneController],
  providers: [ManagersOnly],
})
export class EveryoneModule {}
