import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Environment } from '../config/environment.js';
import { validate } from '../http/schema.pipe.js';
import { type ExpenseFields, newExpenseSchema } from './expense.schema.js';

/** Reads new expenses, whose default currency is a setting. As a pipe of `@Body()` it gives the validated expense. */
@Injectable()
export class NewExpensePipe implements PipeTransform<unknown, ExpenseFields> {
  readonly schema: ReturnType<typeof newExpenseSchema>;

  constructor(config: ConfigService<Environment, true>) {
    this.schema = newExpenseSchema(config.get('DEFAULT_CURRENCY', { infer: true }));
  }

  /** @throws ProblemException with every fault */
  transform(value: unknown, source: ArgumentMetadata): ExpenseFields {
    return validate(this.schema, value, source) as ExpenseFields;
  }
}
