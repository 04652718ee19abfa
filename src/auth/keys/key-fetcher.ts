import { DEFAULT_ALGORITHMS, type SigningAlgorithm } from './algorithms.js';
import { fetchJson } from './fetch-json.js';
import { KeySet } from './key-set.js';

/** A key set as the issuer published it just now. */
export interface FetchedKeys {
  readonly keySet: KeySet;
  /** How long the issuer says that it may be kept, in seconds. */
  readonly maxAgeSeconds?: number;
  /** How far the issuer's clock is ahead of ours, in seconds. */
  readonly clockSkewSeconds?: number;
}

/** A key set without a single key that could be used. The message says what its keys are for. */
export class NoUsableKey extends Error {
  override readonly name = 'NoUsableKey';

  constructor(
    jwksUri: string,
    allowed: readonly SigningAlgorithm[],
    readonly keySet: KeySet,
  ) {
    const { otherAlgorithms: others } = keySet;
    const found = others.length > 0 ? `; its keys are for ${others.join(', ')}` : '';
    super(`${jwksUri} has no key that can verify ${allowed.join(' or ')} signatures${found}`);
  }
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
 * @param allowed the algorithms that its keys may be for
 * @throws NoUsableKey
 * @throws Error when the answer is not a key set
 */
export async function fetchKeys(
  jwksUri: string,
  signal: AbortSignal,
  allowed: readonly SigningAlgorithm[] = DEFAULT_ALGORITHMS,
  read: KeySetReader = readKeySet,
): Promise<FetchedKeys> {
  let freshness: Pick<FetchedKeys, 'maxAgeSeconds' | 'clockSkewSeconds'> = {};
  const members = await read(jwksUri, async (url) => {
    const { body, ...others } = await fetchJson(url, signal);
    freshness = others;
    return body;
  });
  if (!Array.isArray(members)) throw new Error(`${jwksUri} did not answer a key set`);
  const keySet = new KeySet(members, allowed);
  if (keySet.size === 0) throw new NoUsableKey(jwksUri, allowed, keySet);
  return { keySet, ...freshness };
}
