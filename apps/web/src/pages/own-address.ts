import type { FastifyRequest } from 'fastify';

/**
 * Where a page is to be opened instead, when it was opened under another name of this machine, such as 127.0.0.1 for
 * localhost: cookies hold for one name only, and a login comes back to that of BASE_URL.
 *
 * Behind https nothing is sent elsewhere. There a proxy ends TLS and may call this application by any name, so the name
 * in `Host` does not tell what the browser asked for; a login leads to BASE_URL all the same.
 */
export function ownAddress(
  { method, url, headers }: Pick<FastifyRequest, 'method' | 'url' | 'headers'>,
  baseUrl: string,
): string | undefined {
  const { protocol, host } = new URL(baseUrl);
  const isPage = (method === 'GET' || method === 'HEAD') && !/^\/(assets|health)\//.test(url);
  if (protocol !== 'http:' || !isPage || headers.host === undefined || headers.host === host)
    return undefined;
  return url.startsWith('/') ? `${baseUrl}${url}` : baseUrl;
}
