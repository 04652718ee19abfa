import type { FieldError } from '../../problems/problem.exception.js';
import { unescapeFormulas } from '../csv.formulas.js';
import { line as textLine } from '../expense.fields.js';
import type { newExpenseSchema } from '../expense.schema.js';
import type { Owner } from '../owner.js';
import type { ImportedExpense } from '../storage/import-batch.js';
import type { ImportRow } from './import.file.js';
import type { Column } from './import.header.js';

/** No more digits than a double holds exactly. Zeros after them, which some programs write, say nothing. */
const DECIMAL = /^[+-]?\d{1,11}(\.\d{1,4}0*)?$/;
const DECIMAL_COMMA = /^[+-]?[\d.' ]*\d,\d{1,4}$/;
const DAY_FIRST = /^\d{1,2}([./-])\d{1,2}\1(\d{2}|\d{4})$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const externalIdSchema = textLine(200);

/** Reads the rows of one file. */
export class RowReader {
  /** The external ids so far, with their lines. */
  private readonly seen = new Map<string, number>();

  /**
   * @param owner whose expenses they will be
   * @param schema what an expense must be
   */
  constructor(
    private readonly owner: Owner,
    private readonly schema: ReturnType<typeof newExpenseSchema>,
    private readonly columns: readonly Column[],
  ) {}

  /** @returns the expense of a row, or its faults */
  read(row: ImportRow): ImportedExpense | FieldError[] {
    const { line, cells } = row;
    const { columns } = this;
    if (cells.length !== columns.length) {
      const detail = `has ${cells.length} columns, where the header has ${columns.length}`;
      return [{ pointer: `#/lines/${line}`, detail }];
    }
    const cell = (name: Column) => {
      const index = columns.indexOf(name);
      return index < 0 ? '' : cells[index]!;
    };
    const value = cell('value');
    const expense = this.schema.safeParse({
      date: cell('date'),
      description: unescapeFormulas(cell('description')),
      value: DECIMAL.test(value) ? Number(value) : value,
      currency: cell('currency') || undefined,
      category: unescapeFormulas(cell('category')) || null,
    });
    const faults = this.faultsBeside(row, cell);
    if (expense.success && faults.length === 0) {
      const exportedId = cell('id').toLowerCase() || null;
      return { ...expense.data, exportedId, externalId: externalIdOf(cell) || exportedId };
    }
    const ofExpense = (expense.error?.issues ?? []).map(({ path, message }) => ({
      pointer: `#/lines/${line}/${path.map(String).join('/')}`,
      detail: detailOf(String(path[0]), cell) ?? message,
    }));
    return [...ofExpense, ...faults];
  }

  /** Of the columns that are not an expense's own. */
  private faultsBeside({ line, cells }: ImportRow, cell: (name: Column) => string): FieldError[] {
    const faults: FieldError[] = [];
    const fault = (name: string, detail: string) =>
      faults.push({ pointer: `#/lines/${line}/${name}`, detail });
    const id = cell('id');
    if (id !== '' && !UUID.test(id)) fault('id', 'must be the id of an expense; externalId takes others');
    const externalId = externalIdOf(cell);
    if (externalId !== '') {
      const { error } = externalIdSchema.safeParse(externalId);
      if (error) fault('externalId', error.issues[0]!.message);
    }
    const owner = unescapeFormulas(cell('owner'));
    if (owner !== '' && owner !== this.owner)
      fault('owner', 'must be yourself: an import is in your own name');
    const isUnnamedFull = this.columns.some((name, index) => name === '' && cells[index] !== '');
    if (isUnnamedFull)
      faults.push({ pointer: `#/lines/${line}`, detail: 'has text in a column without a name' });
    const known = externalId || id.toLowerCase();
    if (known !== '') {
      const name = externalId === '' ? 'id' : 'externalId';
      const first = this.seen.get(known);
      if (first === undefined) this.seen.set(known, line);
      else fault(name, `is the same as in line ${first}`);
    }
    return faults;
  }
}

/** In the form in which it is kept, so that two spellings of one are found in a file as they are in the database. */
function externalIdOf(cell: (name: Column) => string): string {
  return unescapeFormulas(cell('externalId')).normalize('NFC').trim();
}

/** A sentence for what people's programs write instead of what is wanted. */
function detailOf(name: string, cell: (name: Column) => string): string | undefined {
  if (name === 'date' && DAY_FIRST.test(cell('date'))) {
    const found = cell('date')
      .replaceAll(/\d/g, '0')
      .replace(/^0{1,2}(.)0{1,2}(.)0+$/, 'dd$1mm$2yyyy');
    return `is written as ${found}; must be yyyy-mm-dd, such as 2026-03-31`;
  }
  if (name !== 'value' || DECIMAL.test(cell('value'))) return undefined;
  if (DECIMAL_COMMA.test(cell('value')))
    return 'has a decimal comma; must be written with a point, such as 12.50';
  return 'must be a number such as -12.50, with at most 11 digits before the point and 4 after it';
}
