import { type Finding, ok, warning } from './finding.js';

const TIMEOUT_MS = 2000;

/**
 * Whether proxies before the running API are named. Asked the way that clients go, so that the question itself comes through
 * the proxy. Nothing is said while the API does not run: it is examined before its first start, too.
 *
 * @param baseUrl BASE_URL
 */
export async function checkProxy(baseUrl: string): Promise<Finding[]> {
  const details = await readinessOf(baseUrl).catch(() => undefined);
  if (details === undefined) return [];
  if (details.clientAddresses?.unnamedProxy !== true) {
    return [ok('proxy', 'the running API has seen none that TRUST_PROXY does not name')];
  }
  return [
    warning(
      'proxy',
      'X-Forwarded-For comes from a peer that TRUST_PROXY does not name; the log of the API has its address',
      'If it is your proxy, name it in TRUST_PROXY: until then all of its clients count as one.',
    ),
  ];
}

interface Details {
  readonly clientAddresses?: { readonly unnamedProxy?: unknown };
}

/** What the API says of itself, ready or not. */
async function readinessOf(baseUrl: string): Promise<Details | undefined> {
  const answer = await fetch(`${baseUrl}/health/ready`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    redirect: 'error',
  });
  return ((await answer.json()) as { details?: Details } | null)?.details;
}
