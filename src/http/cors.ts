import type { FastifyCorsOptions } from '@fastify/cors';

/** Lets web pages of the given origins call the API and read what they need from its answers (Fetch, 3.2). */
export function corsOptions(origins: readonly string[]): FastifyCorsOptions {
  return {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Accept',
      'If-Match',
      'If-None-Match',
      'Idempotency-Key',
    ],
    exposedHeaders: [
      'WWW-Authenticate',
      'ETag',
      'Link',
      'Location',
      'Retry-After',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'X-Request-Id',
    ],
    // Access tokens travel in a header; cookies are of no use here.
    credentials: false,
    maxAge: 600,
  };
}
