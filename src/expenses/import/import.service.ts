import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Environment } from '../../config/environment.js';
import type { FieldError } from '../../problems/problem.exception.js';
import { NewExpensePipe } from '../new-expense.pipe.js';
import type { Author } from '../owner.js';
import { ExpensesRepository } from '../storage/expenses.repository.js';
import { retryOf } from '../storage/idempotency.js';
import { type ImportBatch, type Imported, type ImportedExpense, toBatch } from '../storage/import-batch.js';
import { ImportRefused } from './import.errors.js';
import { ImportFile } from './import.file.js';
import { RowReader } from './import.row.js';
import { type Spool, Spools } from './spool.js';
import { shareOfPool } from '../turns.js';

/** Rows that are written to the database by one statement. */
const BATCH_ROWS = 500;
/** Rows that are checked before other requests get their turn. */
const SLICE_ROWS = 100;
/** Rows that a file may have. */
const MAX_ROWS = 500_000;
/** Faulty rows at which a file is given up; they are all named. */
const MAX_FAULTY_ROWS = 100;

/** Imports files of expenses, in memory of constant size. */
@Injectable()
export class ImportService {
  /** So many imports have a connection to the database; the files of others wait for theirs. */
  private readonly inTurn: LimitFunction;

  constructor(
    private readonly repository: ExpensesRepository,
    private readonly newExpense: NewExpensePipe,
    private readonly spools: Spools,
    config: ConfigService<Environment, true>,
  ) {
    this.inTurn = pLimit(shareOfPool(config.get('DATABASE_POOL_SIZE', { infer: true })));
  }

  /**
   * Imports all rows of a CSV file that the author does not have yet or, when one has a fault, none. The whole file is
   * read and checked before the database is asked for anything, so that a slow upload holds neither a connection nor a
   * transaction.
   *
   * @param idempotencyKey makes a repeated call return what the first one returned
   * @throws ImportRefused, ImportTooLarge, IdempotencyKeyReused
   */
  async import(
    author: Author,
    body: Readable,
    idempotencyKey?: string,
  ): Promise<Imported & { readonly isReplay: boolean }> {
    return this.spooled(author, body, (spool, file) =>
      this.repository.import(author, spool.lines(), retryOf(idempotencyKey, 'import', file.digest())),
    );
  }

  /**
   * What `import` would do; nothing is written.
   * @throws ImportRefused, ImportTooLarge
   */
  tryImport(author: Author, body: Readable): Promise<Imported> {
    return this.spooled(author, body, (spool) => this.repository.tryImport(author.owner, spool.lines()));
  }

  /** Does something with a file that has been read and found good. */
  private async spooled<T>(
    author: Author,
    body: Readable,
    work: (spool: Spool<ImportBatch>, file: ImportFile) => Promise<T>,
  ): Promise<T> {
    const file = new ImportFile(body);
    const spool = await this.spools.create<ImportBatch>();
    try {
      await this.check(author, file, spool);
      return await this.inTurn(() => work(spool, file));
    } finally {
      await spool.close();
    }
  }

  private async check(author: Author, file: ImportFile, spool: Spool<ImportBatch>): Promise<void> {
    const errors: FieldError[] = [];
    let reader: RowReader | undefined;
    let faultyRows = 0;
    let rowCount = 0;
    let batch: ImportedExpense[] = [];
    for await (const rows of file.rows()) {
      reader ??=
        rows.length > 0 ? new RowReader(author.owner, this.newExpense.schema, file.columns) : undefined;
      for (const row of rows) {
        rowCount++;
        if (rowCount > MAX_ROWS) throw tooManyRows(row.line);
        if (rowCount % SLICE_ROWS === 0) await setImmediate();
        const result = reader!.read(row);
        if (Array.isArray(result)) {
          faultyRows++;
          errors.push(...result);
          if (faultyRows === MAX_FAULTY_ROWS) throw faulty(faultyRows, errors);
        } else if (faultyRows === 0) {
          batch.push(result);
        }
        if (batch.length === BATCH_ROWS) {
          await spool.write(toBatch(batch));
          batch = [];
        }
      }
    }
    if (faultyRows > 0) throw faulty(faultyRows, errors);
    if (batch.length > 0) await spool.write(toBatch(batch));
  }
}

function faulty(rows: number, errors: readonly FieldError[]): ImportRefused {
  const rest = rows === MAX_FAULTY_ROWS ? ' or more; the file was read no further' : '';
  return new ImportRefused(`Rows with faults: ${rows}${rest}. Nothing was imported`, errors);
}

function tooManyRows(line: number): ImportRefused {
  return new ImportRefused(`A file may have ${MAX_ROWS} rows; send it in parts. Nothing was imported`, [
    { pointer: `#/lines/${line}`, detail: 'is one row too many' },
  ]);
}
