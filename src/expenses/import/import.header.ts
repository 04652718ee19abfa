import { ImportRefused } from './import.errors.js';

const REQUIRED = ['date', 'description', 'value'] as const;

/**
 * The columns that a file may have: those of an expense, `externalId`, and what else an export of ours has. A column
 * without a name, as spreadsheets make by a comma at the end of every line, may be there as long as it is empty.
 */
const KNOWN = [
  ...REQUIRED,
  'currency',
  'category',
  'externalId',
  'id',
  'owner',
  'createdAt',
  'updatedAt',
  '',
] as const;

/** The name of a column, as `KNOWN` spells it. */
export type Column = (typeof KNOWN)[number];

const known: ReadonlyMap<string, Column> = new Map(KNOWN.map((name) => [name.toLowerCase(), name]));

/** Most faults of a header line that an answer names, and the longest part of a name that it repeats. */
const MAX_FAULTS = 100;
const MAX_NAME_LENGTH = 50;

/** What other programs put between columns, and what people call it. */
const OTHER_SEPARATORS = [
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'vertical bars'],
] as const;

/**
 * The columns of a file, by its first line. Capital and small letters are the same.
 * @throws ImportRefused naming every fault
 */
export function readHeader(names: readonly string[], line: number): Column[] {
  const columns = names.map((name) => known.get(name.toLowerCase()));
  const missing = REQUIRED.filter((name) => !columns.includes(name));
  if (missing.length > 0) refuseOtherSeparator(names.join(','), line);
  const faults = [
    ...missing.map((name) => `lacks the column ${name}`),
    ...columns.flatMap((column, index) => {
      if (column === undefined) return [`has the unknown column ${quote(names[index]!)}`];
      return column !== '' && columns.indexOf(column) < index ? [`has the column ${column} twice`] : [];
    }),
  ];
  if (faults.length === 0) return columns as Column[];
  throw refusal(faults.slice(0, MAX_FAULTS), line);
}

/** @throws ImportRefused when a header line has columns, but no commas between them */
export function refuseOtherSeparator(text: string, line: number): void {
  const [, found] =
    OTHER_SEPARATORS.find(([separator]) => text.split(separator).filter(isColumn).length > 1) ?? [];
  if (found) throw refusal([`separates its columns by ${found}; commas are wanted`], line);
}

function refusal(faults: readonly string[], line: number): ImportRefused {
  return new ImportRefused(
    'The header line has faults',
    faults.map((detail) => ({ pointer: `#/lines/${line}`, detail })),
  );
}

const isColumn = (name: string) => known.has(name.trim().toLowerCase());

function quote(name: string): string {
  return JSON.stringify(name.slice(0, MAX_NAME_LENGTH).toWellFormed());
}
