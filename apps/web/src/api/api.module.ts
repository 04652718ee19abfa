import { Module } from '@nestjs/common';
import { LoginModule } from '../login/login.module.js';
import { ApiClient } from './api-client.js';
import { ExpensesApi } from './expenses-api.js';

/** The expenses API, as the person who is logged in. */
@Module({
  imports: [LoginModule],
  providers: [ApiClient, ExpensesApi],
  exports: [ExpensesApi],
})
export class ApiModule {}
