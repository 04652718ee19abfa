import { Eta } from 'eta';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { meaningOf } from '../login/scopes.js';
import { explain } from './trouble.js';

/**
 * Answers an address that cannot be read by a page. There is no route then, and with it no filter, no hook and no view of
 * Fastify's; its own answer is JSON that repeats the address.
 * @param views the folder of the templates
 */
export function urlErrorPages(views: string) {
  const eta = new Eta({ views, cache: true });
  return (error: Error, _request: FastifyRequest, reply: FastifyReply): void => {
    const trouble = explain(error, '/');
    void reply
      .code(trouble.status)
      .headers({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none';style-src 'self';img-src 'self'",
        'x-content-type-options': 'nosniff',
      })
      .type('text/html; charset=utf-8')
      .send(eta.render('./trouble', { trouble, meaning: meaningOf }));
  };
}
