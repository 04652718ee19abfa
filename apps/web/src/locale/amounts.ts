/** Between digits these only make a number easier to read, in every language. */
const SPACES = /(?<=\d)[\s'’](?=\d)/gu;
/** Groups of thousands; in India those above the first have two digits. */
const GROUPS = { '.': /^\d{1,3}(\.\d{2,3})*\.\d{3}$/, ',': /^\d{1,3}(,\d{2,3})*,\d{3}$/ } as const;

/**
 * Reads an amount as people write it: `12.50`, `12,50`, `1.234,50`, `1,234.50`, `1 234,50`.
 *
 * The language decides what has two meanings, such as `1.234`. What has only one is read in every language: somebody who
 * writes `12,50` on an English page has not written thousands.
 *
 * @param point what stands before the fraction in the language: `.` or `,`
 * @returns a decimal such as `-1234.50`, or undefined for what is no number
 */
export function readAmount(text: string, point: string): string | undefined {
  const [, minus = '', number = ''] = /^([-−+]?)([\d.,]+)$/u.exec(text.trim().replace(SPACES, '')) ?? [];
  const plain = unsigned(number, point);
  return plain === undefined ? undefined : `${minus === '' || minus === '+' ? '' : '-'}${plain}`;
}

function unsigned(number: string, point: string): string | undefined {
  const decimal = decimalSeparatorOf(number, point);
  const [whole = '', fraction, ...rest] = decimal === undefined ? [number] : number.split(decimal);
  const digits = withoutGroups(whole, decimal);
  if (digits === undefined || rest.length > 0) return undefined;
  if (fraction === undefined) return digits;
  return /^\d+$/.test(fraction) ? `${digits === '' ? '0' : digits}.${fraction}` : undefined;
}

/** Nothing when the number has no fraction. */
function decimalSeparatorOf(number: string, point: string): string | undefined {
  const separators = number.match(/[.,]/g) ?? [];
  const last = separators.at(-1);
  if (last === undefined) return undefined;
  // Of two kinds the last one separates the fraction; one kind several times separates thousands.
  if (new Set(separators).size === 2) return last;
  if (separators.length > 1) return undefined;
  const looksLikeThousands = /^[1-9]\d{0,2}[.,]\d{3}$/.test(number);
  return looksLikeThousands && last !== point ? undefined : last;
}

function withoutGroups(whole: string, decimal: string | undefined): string | undefined {
  if (/^\d*$/.test(whole)) return decimal === undefined && whole === '' ? undefined : whole;
  const group = decimal === ',' || (decimal === undefined && whole.includes('.')) ? '.' : ',';
  return GROUPS[group].test(whole) ? whole.replaceAll(group, '') : undefined;
}
