/** The currencies of ISO 4217, as far as this Node's `Intl` knows them. */
export const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

const known = new Map<string, number>();

/** How many decimals amounts of a currency have: 2 for USD, 0 for JPY, 3 for KWD. */
export function minorDigits(currency: string): number {
  let digits = known.get(currency);
  if (digits === undefined) {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency });
    digits = format.resolvedOptions().maximumFractionDigits ?? 0;
    known.set(currency, digits);
  }
  return digits;
}
