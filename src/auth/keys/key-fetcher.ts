import { fetchJson } from './fetch-json.js';
import { KeySet } from './key-set.js';

/** A key set as the issuer published it just now. */
export interface FetchedKeys {
  readonly keySet: KeySet;
  /** How long the issuer says that it may be kept, in seconds. */
  readonly maxAgeSeconds?: number;
}

/**
 * Gets the members of a key set (RFC 7517, 5.1) once.
 *
 * @param fetchBody fetches a JSON document, with bounds on time and size and without redirects
 */
export type KeySetReader = (
  jwksUri: string,
  fetchBody: (url: string) => Promise<unknown>,
) => Promise<unknown>;

/** Reads a key set without a library. */
const readKeySet: KeySetReader = async (jwksUri, fetchBody) =>
  ((await fetchBody(jwksUri)) as { keys?: unknown } | null)?.keys;

/**
 * Gets the issuer's key set once.
 *
 * @throws Error when the answer is not a key set, or one without a single key that could be used
 */
export async function fetchKeys(
  jwksUri: string,
  signal: AbortSignal,
  read: KeySetReader = readKeySet,
): Promise<FetchedKeys> {
  let maxAgeSeconds: number | undefined;
  const members = await read(jwksUri, async (url) => {
    const answer = await fetchJson(url, signal);
    maxAgeSeconds = answer.maxAgeSeconds;
    return answer.body;
  });
  if (!Array.isArray(members)) throw new Error(`${jwksUri} did not answer a key set`);
  const keySet = new KeySet(members);
  if (keySet.size === 0) throw new Error(`${jwksUri} has no key that can verify RS256 signatures`);
  return { keySet, maxAgeSeconds };
}
