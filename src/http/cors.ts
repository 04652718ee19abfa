import type { FastifyCorsOptions } from '@fastify/cors';

/** Lets web pages of the given origins call the API and read what they need from its answers (Fetch, 3.2). */
export function corsOptions(origins: readonly string[]): FastifyCorsOptions {
  return {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'DPoP',
      'Content-Type',
      'Accept',
      'If-Match',
      'If-None-Match',
      'Idempotency-Key',
      // W3C Trace Context, which the API reads; baggage travels with it.
      'traceparent',
      'tracestate',
      'baggage',
    ],
    exposedHeaders: [
      'WWW-Authenticate',
      'DPoP-Nonce',
      'ETag',
      'Link',
      'Location',
      'Retry-After',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'X-Request-Id',
      'X-Total-Count',
      'Idempotency-Replayed',
      'Content-Disposition',
      'Allow',
      'Accept-Patch',
    ],
    // Access tokens travel in a header; cookies are of no use here.
    credentials: false,
    maxAge: 600,
    // `Methods` answers every OPTIONS, also one that is no preflight, which the plugin would refuse in plain text.
    preflightContinue: true,
    strictPreflight: false,
  };
}
