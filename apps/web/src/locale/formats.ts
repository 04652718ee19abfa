import { LRUCache } from 'lru-cache';
import { readAmount } from './amounts.js';

/** Languages whose formats are kept; making them takes a millisecond. */
const MAX_KEPT = 50;
const kept = new LRUCache<string, Formats>({ max: MAX_KEPT });

/** Dates, months and numbers as they are written in one language. Its texts are not translated. */
export class Formats {
  readonly #locale: Intl.Locale;
  readonly #point: string;
  readonly #currencies = new Map<string, Intl.NumberFormat>();
  readonly #count: Intl.NumberFormat;
  readonly #compact: Intl.NumberFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #month: Intl.DateTimeFormat;
  readonly #shortMonth: Intl.DateTimeFormat;
  readonly #time: Intl.DateTimeFormat;

  /** The formats of a language (a BCP 47 tag). */
  static in(language: string): Formats {
    const { baseName } = new Intl.Locale(language);
    const formats = kept.get(baseName) ?? new Formats(baseName);
    kept.set(baseName, formats);
    return formats;
  }

  private constructor(readonly language: string) {
    // Amounts are typed in these digits and dates in this calendar, so they are shown in them, too.
    this.#locale = new Intl.Locale(language, { numberingSystem: 'latn', calendar: 'gregory' });
    const parts = new Intl.NumberFormat(this.#locale).formatToParts(1.5);
    this.#point = parts.find(({ type }) => type === 'decimal')?.value ?? '.';
    this.#count = new Intl.NumberFormat(this.#locale);
    this.#compact = new Intl.NumberFormat(this.#locale, { notation: 'compact' });
    this.#day = this.#date({ dateStyle: 'medium' });
    this.#month = this.#date({ month: 'long', year: 'numeric' });
    this.#shortMonth = this.#date({ month: 'short' });
    this.#time = this.#date({ dateStyle: 'long', timeStyle: 'short' });
  }

  /** An amount with its currency, as `$1,234.50`. Takes exact decimals beyond a number's precision. */
  money(amount: string | number, currency: string): string {
    return this.#currency(currency).format(amount as Intl.StringNumericLiteral);
  }

  /** A whole number, as `1,234`. */
  count(number: number): string {
    return this.#count.format(number);
  }

  /** A number in little room, as `12K`. */
  compact(number: number): string {
    return this.#compact.format(number);
  }

  /** An amount as it stands in a form's field, with the decimals of its currency: `1234,50`. */
  amountField(amount: number, currency: string): string {
    const { minimumFractionDigits } = this.#currency(currency).resolvedOptions();
    const format = new Intl.NumberFormat(this.#locale, {
      useGrouping: false,
      minimumFractionDigits,
      maximumFractionDigits: Math.max(minimumFractionDigits ?? 0, 4),
    });
    return format.format(amount).replace('−', '-');
  }

  /** What somebody typed as an amount, as a decimal such as `-1234.50`; undefined when it is not clear. */
  readAmount(text: string): string | undefined {
    return readAmount(text, this.#point);
  }

  /** `2026-03-09` as `Mar 9, 2026`. */
  day(date: string): string {
    return this.#day.format(new Date(`${date}T00:00:00Z`));
  }

  /** `2026-03` as `March 2026`. */
  month(name: string): string {
    return this.#month.format(new Date(`${name}-01T00:00:00Z`));
  }

  /** `2026-03` as `Mar`. */
  shortMonth(name: string): string {
    return this.#shortMonth.format(new Date(`${name}-01T00:00:00Z`));
  }

  /** A moment in UTC, to the minute. */
  time(moment: Date): string {
    return `${this.#time.format(moment)} UTC`;
  }

  #currency(code: string): Intl.NumberFormat {
    const format =
      this.#currencies.get(code) ??
      new Intl.NumberFormat(this.#locale, { style: 'currency', currency: code });
    this.#currencies.set(code, format);
    return format;
  }

  #date(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    return new Intl.DateTimeFormat(this.#locale, { ...options, timeZone: 'UTC' });
  }
}
