/** The scheme and host of a target in absolute form (RFC 9112, 3.2.2), which say nothing about where we are. */
const ABSOLUTE_FORM = /^https?:\/\/[^/?#]*/i;

/**
 * The path of a request target (RFC 9112, 3.2), without query and as it was sent: nothing is decoded.
 *
 * @param target with or without scheme and host
 * @returns empty for a target in absolute form that has no path
 */
export function pathOfTarget(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(ABSOLUTE_FORM, '');
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}
