import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Readable } from 'node:stream';
import type { Environment } from '../../config/environment.js';
import type { FieldError } from '../../problems/problem.exception.js';
import { type ExpenseFields, newExpense } from '../expense.schema.js';
import { ExpensesRepository } from '../storage/expenses.repository.js';
import { fingerprint } from '../storage/idempotency.js';
import { ImportRefused } from './import.errors.js';
import { ImportFile, type ImportRow } from './import.file.js';
import type { Author } from '../owner.js';
import { Spool } from './spool.js';

/** Rows that are written to the database by one statement. */
const BATCH_ROWS = 1000;
/** Faulty rows that an answer names. */
const MAX_FAULTY_ROWS = 100;

/** Imports files of expenses, in memory of constant size. */
@Injectable()
export class ImportService {
  private readonly defaultCurrency: string;

  constructor(
    private readonly repository: ExpensesRepository,
    config: ConfigService<Environment, true>,
  ) {
    this.defaultCurrency = config.get('DEFAULT_CURRENCY', { infer: true });
  }

  /**
   * Imports all rows of a CSV file or, when one has a fault, none. The whole file is read and checked before the
   * database is asked for anything, so that a slow upload holds neither a connection nor a transaction.
   *
   * @param idempotencyKey makes a repeated call return what the first one returned
   * @returns the number of rows
   * @throws ImportRefused, ImportTooLarge, IdempotencyKeyReused
   */
  async import(author: Author, body: Readable, idempotencyKey?: string): Promise<number> {
    const file = new ImportFile(body);
    const spool = await Spool.create<readonly ExpenseFields[]>();
    try {
      await this.check(file, spool);
      const retry = idempotencyKey && {
        key: idempotencyKey,
        fingerprint: fingerprint('import', file.digest()),
      };
      return await this.repository.import(author, spool.values(), retry || undefined);
    } finally {
      await spool.close();
    }
  }

  private async check(file: ImportFile, spool: Spool<readonly ExpenseFields[]>): Promise<void> {
    const errors: FieldError[] = [];
    let faultyRows = 0;
    let batch: ExpenseFields[] = [];
    for await (const rows of file.rows()) {
      for (const row of rows) {
        const result = this.read(row);
        if (Array.isArray(result)) {
          faultyRows++;
          if (faultyRows <= MAX_FAULTY_ROWS) errors.push(...result);
        } else if (faultyRows === 0) {
          batch.push(result);
        }
        if (batch.length === BATCH_ROWS) {
          await spool.write(batch);
          batch = [];
        }
      }
    }
    if (faultyRows > 0) {
      const listed = faultyRows > MAX_FAULTY_ROWS ? `; the first ${MAX_FAULTY_ROWS} are listed` : '';
      throw new ImportRefused(`Rows with faults: ${faultyRows}${listed}. Nothing was imported`, errors);
    }
    await spool.write(batch);
  }

  /** @returns the expense of a row, or its faults */
  private read({ line, columns, isWhole }: ImportRow): ExpenseFields | FieldError[] {
    if (!isWhole) return [{ pointer: `#/lines/${line}`, detail: 'has not as many columns as the header' }];
    const { date, description, value, currency, category } = columns;
    const result = newExpense.safeParse({
      date,
      description,
      value: decimal(value ?? ''),
      currency: currency || this.defaultCurrency,
      category: category || null,
    });
    if (result.success) return result.data;
    return result.error.issues.map(({ path, message }) => ({
      pointer: `#/lines/${line}/${path.map(String).join('/')}`,
      detail: message,
    }));
  }
}

/** No more digits than a double holds exactly; anything else is no number. */
function decimal(text: string): number | string {
  return /^-?\d{1,11}(\.\d{1,4})?$/.test(text) ? Number(text) : text;
}
