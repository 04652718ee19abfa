import { pathOfTarget } from '../../net/request-target.js';

/** The characters of RFC 3986 in an http(s) URI with a host; what URL parsers repair silently is not among them. */
const HTTP_URI = /^https?:\/\/[^/?#](?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/i;
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * An http(s) URI without query and fragment in the one spelling that equivalent URIs share: RFC 3986, 6.2.2 and 6.2.3
 * (case of scheme and host, default port, empty path, dot segments, escapes of unreserved characters). `%2F` stays what
 * it is, for it is not a slash.
 *
 * @returns nothing for a text that is no such URI, or that names a user
 */
export function normalizedUri(uri: string): string | undefined {
  if (!HTTP_URI.test(uri)) return undefined;
  const url = URL.parse(uri);
  if (!url || url.username || url.password) return undefined;
  return url.origin + normalizedEscapes(url.pathname);
}

function normalizedEscapes(path: string): string {
  if (!path.includes('%')) return path;
  return path.replaceAll(/%[0-9A-Fa-f]{2}/g, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
}

/**
 * The URI that a request was sent to, without query: the configured address of this API and the path of the request.
 * What the client says of the host (Host, X-Forwarded-Host, a target in absolute form) never counts.
 *
 * @param base the resource identifier, without a slash at its end
 * @param target the request target as it was sent
 */
export function requestUri(base: string, target: string): string {
  return base + pathOfTarget(target);
}

/** Whether two URIs name the same place, but for query and fragment (RFC 9449, 4.3, number 9). */
export function isSameUri(claimed: string, expected: string): boolean {
  if (claimed === expected) return true;
  const normalized = normalizedUri(claimed);
  return normalized !== undefined && normalized === normalizedUri(expected);
}
