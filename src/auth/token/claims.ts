/** The claims of a token (RFC 7519, 4), before anything of them is trusted. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * A claim by its name as a whole or, where there is none of that name, by a path of names with dots between, which leads
 * through objects and nothing else. A member whose name has dots itself is found before a path through it.
 */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const head = name.slice(0, dot);
    if (!Object.hasOwn(claims, head)) continue;
    const inner = claims[head];
    return isObject(inner) ? claimAt(inner, name.slice(dot + 1)) : undefined;
  }
  return undefined;
}

/** The words of a claim, each once: of a text those between its spaces, of a list its members if all of them are text. */
export function wordsOf(value: unknown): string[] {
  if (typeof value === 'string') return [...new Set(value.split(' ').filter((word) => word !== ''))];
  if (!Array.isArray(value) || !value.every((word) => typeof word === 'string')) return [];
  return [...new Set(value)];
}

/** The words of a claim or, where it is an object, the names of its members, but for those that it says no to. */
export function namesOf(value: unknown): string[] {
  if (!isObject(value)) return wordsOf(value);
  return Object.keys(value).filter((name) => value[name] !== false && value[name] !== null);
}

/** Whether a claim is a JSON object. */
export function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a claim is text that says something. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Whether a claim is text that says something, or is not there. */
export function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || isText(value);
}

/** Whether a claim is a time: seconds since 1970-01-01T00:00:00Z (RFC 7519, 2, NumericDate). */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
