import { JwksClient } from 'jwks-rsa';
import { fetchJson } from './fetch-json.js';
import { KeySet } from './key-set.js';

/** A key set as the issuer published it just now. */
export interface FetchedKeys {
  readonly keySet: KeySet;
  /** How long the issuer says that it may be kept, in seconds. */
  readonly maxAgeSeconds?: number;
}

/**
 * Gets the issuer's key set once. jwks-rsa's client does the fetching and nothing else: its cache keeps single keys and
 * its rate limit is shared by all callers, so `SigningKeys` decides when to fetch.
 *
 * @throws Error when the answer is not a key set, or one without a single key that could be used
 */
export async function fetchKeys(jwksUri: string, signal: AbortSignal): Promise<FetchedKeys> {
  let maxAgeSeconds: number | undefined;
  const client = new JwksClient({
    jwksUri,
    cache: false,
    rateLimit: false,
    fetcher: async (url) => {
      const answer = await fetchJson(url, signal);
      maxAgeSeconds = answer.maxAgeSeconds;
      return answer.body as { keys: unknown };
    },
  });
  const members: unknown = await client.getKeys();
  if (!Array.isArray(members)) throw new Error(`${jwksUri} did not answer a key set`);
  const keySet = new KeySet(members);
  if (keySet.size === 0) throw new Error(`${jwksUri} has no key that can verify RS256 signatures`);
  return { keySet, maxAgeSeconds };
}
