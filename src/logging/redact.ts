// Base64url in three parts is a token; 40 characters of it without a break are a signature, a key or a secret; and what
// stands around an @ is an e-mail address.
const SECRETS = /[\w-]+\.[\w-]{8,}\.[\w-]{8,}|[\w+=-]{40,}|[^\s<>"'=(),;:]+@[^\s<>"'(),;:]+/g;
/** Messages are for people; a longer one quotes something. */
const MAX_LENGTH = 2000;

/**
 * The last line of defence for texts that are not ours: what looks like a token, a secret or an e-mail address is taken
 * out. What we write ourselves never holds any.
 */
export function redactText(text: string): string {
  if (text.length < 6) return text;
  return text.slice(0, MAX_LENGTH).replace(SECRETS, '[redacted]');
}

/** The properties of errors that name things of ours and never hold what a client sent. */
const DESCRIPTIVE = [
  'code',
  'status',
  'severity',
  'schema',
  'table',
  'column',
  'constraint',
  'routine',
  'reason',
];
/** Errors of the engine itself, whose messages speak of our code. */
const ENGINE_ERRORS = new Set(['TypeError', 'RangeError', 'ReferenceError', 'AssertionError']);
const MAX_CAUSES = 5;

/**
 * What a log line tells of an error: its type, where it happened and what names its cause. Messages are left out but for
 * those of the engine, because libraries quote in theirs what they could not parse, insert or reach.
 */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const properties = error as Error & Record<string, unknown>;
  const described = DESCRIPTIVE.flatMap((name) => {
    const value = properties[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, value] as const] : [];
  });
  return {
    type: error.name,
    ...(ENGINE_ERRORS.has(error.name) && { message: redactText(error.message) }),
    ...Object.fromEntries(described),
    stack: framesOf(error),
    ...(error.cause !== undefined && depth < MAX_CAUSES && { cause: describeError(error.cause, depth + 1) }),
  };
}

/** The places of a stack trace, without the message that stands before them. */
function framesOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at .+(?::\d+:\d+|<anonymous>|native)\)?$/.test(line))
    .map((line) => line.trim())
    .join('\n');
}
