const MAX_CHARACTERS = 200;

/** Another service's words on one line, without control and formatting characters, and of bounded length. */
export function quotable(text: string | undefined): string {
  const line = (text ?? '').replaceAll(/[\p{C}\p{Z}]+/gu, ' ').trim();
  const characters = Array.from(line);
  return characters.length <= MAX_CHARACTERS ? line : `${characters.slice(0, MAX_CHARACTERS).join('')}…`;
}

/** The same for a log, which must hold no addresses of people and nothing that may be a token. */
export function loggable(text: string | undefined): string {
  return quotable(text)
    .replaceAll(/[^\s"'<>(),;:]+@[^\s"'<>(),;:]+/g, '(address)')
    .replaceAll(/[\w.~+/-]{32,}=*/g, '(…)');
}

/** An error code of the alphabet and of about the length that RFC 6749, 4.1.2.1 allows; anything else is none. */
export function errorCode(code: unknown): string {
  return typeof code === 'string' && /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,64}$/.test(code)
    ? code
    : 'an error without a valid code';
}
