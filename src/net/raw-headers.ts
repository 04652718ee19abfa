/** Where Node's list of the header lines of a request is: in `raw` on Fastify, on the request itself on Express. */
export type RawRequest =
  { readonly raw: { readonly rawHeaders: readonly string[] } } | { readonly rawHeaders: readonly string[] };

/**
 * How often a request has a header. Node keeps the first of several Authorization headers and joins others of one name, so
 * the raw list is read.
 *
 * @param name in small letters
 */
export function countHeaders(request: RawRequest, name: string): number {
  const { rawHeaders } = 'raw' in request ? request.raw : request;
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const written = rawHeaders[index];
    if (written?.length === name.length && written.toLowerCase() === name) count += 1;
  }
  return count;
}
