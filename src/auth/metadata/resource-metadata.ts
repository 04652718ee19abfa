/** Where the metadata of a resource are, between its host and its path (RFC 9728, 3.1). */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource';

/** The URL of the metadata of the resource that is reached at a URL: the path goes behind, not before (RFC 9728, 3.1). */
export function metadataUrlOf(resource: string): string {
  const { origin, pathname } = new URL(resource);
  return origin + RESOURCE_METADATA_PATH + pathname.replace(/\/+$/, '');
}

/**
 * The identifier of the resource whose metadata are at this URL. A client must find it to be exactly the URL that it
 * started from, or throw the metadata away (RFC 9728, 3.3), so it is where this API is reached, and not the audience of
 * its tokens, which is a name and need not lead anywhere.
 *
 * @throws TypeError when the URL is not of the form of RFC 9728, 3.1
 */
export function resourceOf(metadataUrl: string): string {
  const { origin, pathname } = new URL(metadataUrl);
  if (!`${pathname}/`.startsWith(`${RESOURCE_METADATA_PATH}/`)) {
    throw new TypeError(`resourceMetadataUrl must hold ${RESOURCE_METADATA_PATH} right after its host`);
  }
  return origin + pathname.slice(RESOURCE_METADATA_PATH.length);
}

/**
 * The audience that a resource is by itself (RFC 8707, 2): clients ask for tokens by the address of the API, with and
 * without a slash at its end.
 */
export function audiencesAt(metadataUrl: string | undefined): readonly string[] {
  if (metadataUrl === undefined) return [];
  const resource = resourceOf(metadataUrl).replace(/\/$/, '');
  return [resource, `${resource}/`];
}
