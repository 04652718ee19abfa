import type { ServerResponse } from 'node:http';

type Answer = (response: ServerResponse, document: Record<string, unknown>) => void;

const MORE_THAN_ALLOWED = 1024 * 1024 + 1;

/** Sends a document, or text, as JSON. */
export function sendJson(response: ServerResponse, body: unknown, cacheControl?: string): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    ...(cacheControl && { 'cache-control': cacheControl }),
  });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** What a failing issuer answers instead of the document that was asked for. */
const answers = {
  reset: (response) => response.socket?.resetAndDestroy(),
  hang: () => undefined,
  'client-error': (response) => response.writeHead(403).end('{"error":"forbidden"}'),
  'server-error': (response) => response.writeHead(500).end('{"error":"server_error"}'),
  html: (response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>Down for maintenance'),
  truncated: (response, document) => {
    const text = JSON.stringify(document);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  },
  empty: (response) => sendJson(response, ''),
  huge: (response, document) => sendJson(response, { ...document, padding: ' '.repeat(MORE_THAN_ALLOWED) }),
  'redirect-loop': (response) => response.writeHead(302, { location: response.req.url }).end(),
  'wrong-issuer': (response, document) =>
    sendJson(
      response,
      'issuer' in document ? { ...document, issuer: 'https://other.example.com/' } : document,
    ),
  'no-keys': (response, document) => sendJson(response, 'keys' in document ? { keys: [] } : document),
} satisfies Record<string, Answer>;

/** How an issuer can fail; `refuse` means that nothing listens on its port. */
export type IssuerFault = keyof typeof answers | 'refuse';

/** Every way in which an issuer can fail. */
export const issuerFaults = ['refuse', ...(Object.keys(answers) as (keyof typeof answers)[])] as const;

/** Answers as a failing issuer does. */
export function answerWithFault(
  fault: Exclude<IssuerFault, 'refuse'>,
  ...parameters: Parameters<Answer>
): void {
  answers[fault](...parameters);
}
