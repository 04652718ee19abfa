import { JwksClient } from 'jwks-rsa';
import type { KeySetReader } from '../keys/key-fetcher.js';

/**
 * Reads key sets by the client of jwks-rsa, which is told to do nothing else: its cache keeps single keys and its rate
 * limit is shared by all callers, so `SigningKeys` decides when to fetch.
 */
export const readKeySetByJwksClient: KeySetReader = (jwksUri, fetchJson) =>
  new JwksClient({
    jwksUri,
    cache: false,
    rateLimit: false,
    fetcher: async (url) => (await fetchJson(url)) as { keys: unknown },
  }).getKeys();
