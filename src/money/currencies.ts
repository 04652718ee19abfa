import { active, withdrawn, withoutMinorUnit } from './iso-4217.js';

/** A currency of ISO 4217. */
export interface Currency {
  /** Three capital letters. */
  readonly code: string;
  /** How many decimals its amounts have: 2 for USD, 0 for JPY, 3 for KWD. */
  readonly minorUnits: number;
}

/** Decimals that a value is kept with: all that amounts without a minor unit can have. */
const KEPT_DECIMALS = 4;

/** The currencies that are in force, by code. */
export const currencies: readonly Currency[] = withMinorUnits(active).toSorted((a, b) =>
  a.code < b.code ? -1 : 1,
);

/** Every code that an expense may have: also those that its date may lie before the withdrawal of. */
const known: ReadonlyMap<string, number> = new Map(
  [...currencies, ...withMinorUnits(withdrawn), ...withMinorUnits({ [KEPT_DECIMALS]: withoutMinorUnit })].map(
    ({ code, minorUnits: digits }) => [code, digits],
  ),
);

/** Whether a text is the code of a currency, in force or withdrawn. */
export function isCurrency(code: string): boolean {
  return known.has(code);
}

/** How many decimals amounts of a currency have; as many as are kept for a code that is none (any more). */
export function minorUnits(code: string): number {
  return known.get(code) ?? KEPT_DECIMALS;
}

function withMinorUnits(codes: Readonly<Record<number, string>>): Currency[] {
  return Object.entries(codes).flatMap(([minorUnit, list]) =>
    list.split(' ').map((code) => ({ code, minorUnits: Number(minorUnit) })),
  );
}
