import { IncomingMessage } from 'node:http';

const MAX_BODY_BYTES = 16 * 1024;

/**
 * Auth0's token endpoint takes JSON as well as the form of RFC 6749, and its documentation shows JSON; oidc-provider
 * takes the form only.
 *
 * @returns the request itself, or one with the JSON object of at most 16 KiB as a form. Anything else in JSON's place
 * becomes an empty body of its own type, which oidc-provider then refuses.
 */
export async function jsonToForm(request: IncomingMessage): Promise<IncomingMessage> {
  const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '');
  if (request.method !== 'POST' || !request.url?.startsWith('/oauth/') || !isJson) return request;
  const form = toForm(await read(request));
  const copy = new IncomingMessage(request.socket);
  copy.method = request.method;
  copy.url = request.url;
  copy.headers = { ...request.headers, 'content-length': String(Buffer.byteLength(form ?? '')) };
  if (form !== undefined) copy.headers['content-type'] = 'application/x-www-form-urlencoded';
  delete copy.headers['transfer-encoding'];
  copy.push(form ?? '');
  copy.push(null);
  // Or Node takes it for a request that was cut off, and closes the connection.
  copy.complete = true;
  return copy;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return length <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString('utf8') : '';
}

function toForm(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const texts = Object.entries(value).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    return new URLSearchParams(texts).toString();
  } catch {
    return undefined;
  }
}
