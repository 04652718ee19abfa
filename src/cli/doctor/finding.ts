/** What one check found. */
export interface Finding {
  readonly check: string;
  /** `error`: the API cannot work, or not safely; `warning`: worth a look. */
  readonly status: 'ok' | 'warning' | 'error';
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** A finding that all is well. */
export const ok = (check: string, detail: string): Finding => ({ check, status: 'ok', detail });
/** A finding that is worth a look. */
export const warning = (check: string, detail: string, advice: string): Finding => ({
  check,
  status: 'warning',
  detail,
  advice,
});
/** A finding of what keeps the API from working, or from working safely. */
export const fault = (check: string, detail: string, advice: string): Finding => ({
  check,
  status: 'error',
  detail,
  advice,
});

/** What an error says, with the code of its cause: fetch keeps there what went wrong. */
export function reasonOf(error: unknown): string {
  const { message = String(error), cause } = Object(error) as { message?: string; cause?: { code?: string } };
  return cause?.code ? `${message} (${cause.code})` : message;
}
