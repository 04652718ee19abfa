import Negotiator from 'negotiator';

/** A header can name hundreds; browsers name a few. */
const MAX_LANGUAGES = 10;

/**
 * The language in which numbers and dates are written for a browser, as a BCP 47 tag that `Intl` knows. The first of
 * Accept-Language (RFC 9110, 12.5.4) that it knows, else English.
 */
export function languageOf(acceptLanguage: string | undefined): string {
  const header = acceptLanguage?.slice(0, 500);
  const accepted = new Negotiator({ headers: { 'accept-language': header } }).languages();
  return accepted.slice(0, MAX_LANGUAGES).find(isKnown) ?? 'en';
}

function isKnown(tag: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false; // not well-formed, or `*`
  }
}
