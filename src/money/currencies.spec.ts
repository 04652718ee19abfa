import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { currencies, isCurrency, minorUnits } from './currencies.js';

/** What ISO has amended since it published the list beside this file on 25 June 2024. */
const ADDED = { XCG: 2, XAD: 2 };
const WITHDRAWN: ReadonlySet<string> = new Set(['ANG', 'CUC', 'BGN']);
/** Codes that are no money. */
const NO_MONEY = ['XTS', 'XXX'];

/** List one as ISO published it: code, number, and minor unit or, where there is none, a minus. */
async function listOne(): Promise<Map<string, number | undefined>> {
  const text = await readFile(join(import.meta.dirname, 'iso-4217-list-one.txt'), 'utf8');
  const lines = text.trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [code = '', , unit] = line.split(' ');
      return [code, unit === '-' ? undefined : Number(unit)];
    }),
  );
}

describe('The currencies', () => {
  it('in force are those of ISO 4217, each with its minor unit', async () => {
    const published = [...(await listOne())].filter(
      ([code, unit]) => unit !== undefined && !WITHDRAWN.has(code),
    );
    const expected = [...published, ...Object.entries(ADDED)].map(([code, unit]) => `${code} ${unit}`);
    expect(currencies.map(({ code, minorUnits: unit }) => `${code} ${unit}`)).toEqual(expected.toSorted());
  });

  it('without a minor unit have the four decimals that are kept', async () => {
    const without = [...(await listOne())].flatMap(([code, unit]) => (unit === undefined ? [code] : []));
    expect(without.filter((code) => !isCurrency(code))).toEqual(NO_MONEY);
    for (const code of without) expect(minorUnits(code)).toBe(4);
  });

  it.each([
    [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
    [3, 'BHD IQD JOD KWD LYD OMR TND'],
    [4, 'CLF UYW'],
    [2, 'VED XCG ZWG VES SLE MRU STN MGA'],
    // The CLDR, and with it Intl, shows prices in these without decimals.
    [2, 'HUF COP IDR PKR LBP AFN ALL IRR KPW LAK MMK RSD SOS SYP YER'],
    // Withdrawn, but in older books.
    [2, 'DEM FRF NLG HRK ANG BGN CUC VEF ZWL'],
    [0, 'ITL ESP BEF PTE GRD LUF'],
  ])('with %d decimals are, among others, %s', (decimals, codes) => {
    for (const code of codes.split(' ')) {
      expect([code, isCurrency(code), minorUnits(code)]).toEqual([code, true, decimals]);
    }
  });

  it('do not depend on what the running Node knows', () => {
    const shownOtherwise = currencies.filter(({ code, minorUnits: unit }) => {
      const style = new Intl.NumberFormat('en', { style: 'currency', currency: code });
      return style.resolvedOptions().maximumFractionDigits !== unit;
    });
    expect(shownOtherwise.map(({ code }) => code)).toEqual(expect.arrayContaining(['HUF', 'IDR', 'IQD']));
  });

  it.each(['XXX', 'XTS', 'AAA', 'usd', 'US', 'USDX', '', 'BTC', '__proto__', 'constructor'])(
    'have no %j',
    (code) => {
      expect(isCurrency(code)).toBe(false);
    },
  );
});
