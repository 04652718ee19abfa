import * as client from 'openid-client';
import type { Config } from '../config/config.module.js';
import { IssuerUnavailable } from './login.errors.js';

const TIMEOUT_SECONDS = 5;

/**
 * Asks the issuer for its metadata (OpenID Connect Discovery 1.0), for all that openid-client then asks of it.
 *
 * @throws IssuerUnavailable; what openid-client throws when the metadata cannot be used
 */
export function discoverIssuer(config: Config): Promise<client.Configuration> {
  const server = new URL(config.get('ISSUER_BASE_URL', { infer: true }));
  return client.discovery(
    server,
    config.get('CLIENT_ID', { infer: true }),
    undefined,
    client.ClientSecretPost(config.get('CLIENT_SECRET', { infer: true })),
    {
      timeout: TIMEOUT_SECONDS,
      [client.customFetch]: fetchFromIssuer,
      // The environment's schema admits http for this machine only.
      execute: server.protocol === 'http:' ? [client.allowInsecureRequests] : [],
    },
  );
}

/** Keeps outages apart from refusals: only what is no answer at all, or the server's own fault, is an outage. */
async function fetchFromIssuer(url: string, options: client.CustomFetchOptions): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, options as RequestInit);
  } catch (cause) {
    throw new IssuerUnavailable('cannot be reached', { cause });
  }
  if (response.status >= 500 || response.status === 429) {
    throw new IssuerUnavailable(`status ${response.status}`);
  }
  return response;
}
