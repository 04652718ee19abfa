import { isLoopback } from '../../net/addresses.js';

/**
 * Longest time that the issuer is given for discovery and keys together, in milliseconds. Less than 5 seconds, so that an
 * issuer which left a request hanging is asked again, and its return noticed, within 5 seconds.
 */
export const FETCH_TIMEOUT_MS = 4500;
/** Largest answer that is read from the issuer, in bytes. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

/** Some issuers have nothing but the type of key sets to give (RFC 7517, 8.5.1), and answer 406 to those who want JSON. */
const ACCEPT = 'application/json, application/jwk-set+json';

/** What the issuer answered. */
export interface JsonAnswer {
  readonly body: Readonly<Record<string, unknown>>;
  /** `max-age` of Cache-Control in seconds, if it says so (RFC 9111, 5.2.2.1). */
  readonly maxAgeSeconds?: number;
  /**
   * How far the issuer's clock is ahead of ours, in seconds, by its Date header (RFC 9110, 6.6.1), which counts in whole
   * seconds; negative when it is behind.
   */
  readonly clockSkewSeconds?: number;
}

/** There is no such document (RFC 9110, 15.5.5 and 15.5.11), which is a good answer, and no outage. */
export class NotThere extends Error {
  override readonly name = 'NotThere';
}

/**
 * Gets a JSON object from the issuer: https unless the host is this machine, no redirects (they could lead anywhere),
 * bounded in size; the caller's signal bounds it in time.
 *
 * @throws NotThere when the issuer says so
 * @throws Error for every other answer; the message says what was wrong with it
 */
export async function fetchJson(url: string, signal: AbortSignal): Promise<JsonAnswer> {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname))) {
    throw new Error(`${url} must use https unless its host is this machine`);
  }
  const askedAt = Date.now();
  const response = await fetch(url, { redirect: 'manual', headers: { accept: ACCEPT }, signal }).catch(
    (error: Error) => {
      throw isUntrusted(error) ? new Error(`${url}: ${UNTRUSTED}`, { cause: error.cause }) : error;
    },
  );
  const answeredAt = Date.now();
  if (response.status !== 200) {
    await response.body?.cancel();
    const message = `${url} answered ${response.status}`;
    throw [404, 410].includes(response.status) ? new NotThere(message) : new Error(message);
  }
  const body: unknown = parse(url, await readBounded(url, response));
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Error(`${url} did not answer a JSON object`);
  }
  return {
    body: body as Record<string, unknown>,
    maxAgeSeconds: maxAge(response.headers.get('cache-control')),
    clockSkewSeconds: clockSkew(response.headers, (askedAt + answeredAt) / 2),
  };
}

const UNTRUSTED =
  'its certificate is not of an authority that is trusted here; name the file of a private one in NODE_EXTRA_CA_CERTS, ' +
  'or trust those of this machine with NODE_USE_SYSTEM_CA=1';

/** Whether a chain of certificates ends in no authority that Node.js knows (OpenSSL's codes). */
function isUntrusted({ cause }: Error): boolean {
  const { code = '' } = Object(cause) as NodeJS.ErrnoException;
  return /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(?:_LOCALLY)?))$/.test(
    code,
  );
}

async function readBounded(url: string, response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).byteLength;
    // Leaving the loop cancels the rest of the answer.
    if (size > MAX_ANSWER_BYTES) throw new Error(`${url} answered more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(url: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${url} did not answer JSON`);
  }
}

function maxAge(cacheControl: string | null): number | undefined {
  if (cacheControl === null) return undefined;
  if (/(?:^|[\s,])no-(?:store|cache)(?:$|[\s,])/i.test(cacheControl)) return 0;
  const seconds = /(?:^|[\s,])max-age="?(\d{1,10})"?/i.exec(cacheControl)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

/** What a cache kept the answer for counts as well (RFC 9111, 5.1). */
function clockSkew(headers: Headers, nowMs: number): number | undefined {
  const theirs = Date.parse(headers.get('date') ?? '');
  if (Number.isNaN(theirs)) return undefined;
  const ageMs = (Number(headers.get('age')) || 0) * 1000;
  // A Date is cut down to whole seconds, so it is half a second behind on average.
  return Math.round((theirs + 500 + ageMs - nowMs) / 1000);
}
