/**
 * The path of something of ours as clients see it. A proxy may serve the API under a path of its own, which it takes off
 * before it passes requests on, so that ours begin without it; BASE_URL says which.
 *
 * @param baseUrl BASE_URL
 * @param path as the routes have it, as in `/expenses/1`
 */
export function publicPath(baseUrl: string, path: string): string {
  return new URL(baseUrl).pathname.replace(/\/$/, '') + path;
}
