import { fetchJson, type JsonAnswer, NotThere } from './fetch-json.js';

/** What is needed of the issuer's metadata (OpenID Connect Discovery 1.0, 3; RFC 8414, 2). */
export interface IssuerMetadata {
  /** The exact `iss` of its tokens. */
  readonly issuer: string;
  readonly jwksUri: string;
  /** Where clients get a user's authorization (RFC 6749, 3.1), and tokens (3.2), if it says so. */
  readonly authorizationEndpoint?: string;
  readonly tokenEndpoint?: string;
}

/** The only two spellings of an issuer that discovery may confirm: with and without one trailing slash. */
export function issuerSpellings(issuerBaseUrl: string): readonly [withSlash: string, without: string] {
  const without = issuerBaseUrl.replace(/\/$/, '');
  return [`${without}/`, without];
}

/**
 * Where the metadata of an issuer may be: behind its URL (OpenID Connect Discovery 1.0, 4), or between its host and its
 * path (RFC 8414, 3.1).
 */
export function metadataUrlsOf(issuerBaseUrl: string): readonly [openId: string, oauth: string] {
  const [withSlash, without] = issuerSpellings(issuerBaseUrl);
  const { origin, pathname } = new URL(without);
  return [
    `${withSlash}.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${pathname === '/' ? '' : pathname}`,
  ];
}

/**
 * Gets the issuer's metadata: those of OpenID Connect, or those of RFC 8414 when the issuer says that it has no others. An
 * issuer that fails is not asked for the others, and metadata that are there are the only ones.
 *
 * @returns the metadata as they are, and where they were
 * @throws Error saying what was wrong with the answer
 */
export async function fetchIssuerMetadata(
  issuerBaseUrl: string,
  signal: AbortSignal,
): Promise<JsonAnswer & { readonly url: string }> {
  const missing: string[] = [];
  for (const url of metadataUrlsOf(issuerBaseUrl)) {
    try {
      return { url, ...(await fetchJson(url, signal)) };
    } catch (error) {
      if (!(error instanceof NotThere)) throw error;
      missing.push(error.message);
    }
  }
  throw new NotThere(missing.join(', '));
}

/**
 * Looks the issuer's metadata up. The issuer that they name must be the configured one (OpenID Connect Discovery 1.0, 4.3;
 * RFC 8414, 3.3), but for a trailing slash, the most common fault of a set-up. Not so when the names of the issuer are
 * given: some have another name than their address, and then only the address of the keys is taken from the metadata.
 *
 * @param names what the issuer writes as `iss`, where that is known
 * @throws Error saying what is wrong with the answer
 */
export async function discover(
  issuerBaseUrl: string,
  signal: AbortSignal,
  names: readonly string[] = [],
): Promise<IssuerMetadata> {
  const spellings = issuerSpellings(issuerBaseUrl);
  const { url, body } = await fetchIssuerMetadata(issuerBaseUrl, signal);
  const { issuer, jwks_uri: jwksUri } = body;
  const isItself = typeof issuer === 'string' && spellings.includes(issuer);
  if (!isItself && names.length === 0) throw new Error(`${url} names another issuer than ${issuerBaseUrl}`);
  if (typeof jwksUri !== 'string' || !URL.canParse(jwksUri)) throw new Error(`${url} names no jwks_uri`);
  const [authorizationEndpoint, tokenEndpoint] = [body.authorization_endpoint, body.token_endpoint].map(
    (member) => (typeof member === 'string' && URL.canParse(member) ? member : undefined),
  );
  return { issuer: isItself ? issuer : issuerBaseUrl, jwksUri, authorizationEndpoint, tokenEndpoint };
}
