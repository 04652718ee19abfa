import type { CookieSerializeOptions } from '@fastify/cookie';
import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/config.module.js';

/**
 * How this application's cookies are named and set.
 *
 * Behind https the `__Host-` prefix makes browsers refuse a cookie of that name from another host or over http (RFC
 * 6265bis, 4.1.3.2). Browsers share cookies among all ports of a host, so with http the name carries the port.
 */
@Injectable()
export class Cookies {
  readonly #prefix: string;
  readonly options: CookieSerializeOptions;

  constructor(@Inject(ConfigService) config: Config) {
    const { protocol, port } = new URL(config.get('BASE_URL', { infer: true }));
    const secure = protocol === 'https:';
    this.#prefix = `${secure ? '__Host-' : ''}expenses${port && `-${port}`}`;
    this.options = { httpOnly: true, sameSite: 'lax', path: '/', secure };
  }

  /** The full name of a cookie of ours, or of the session's when no purpose is given. */
  name(purpose?: string): string {
    return purpose === undefined ? this.#prefix : `${this.#prefix}-${purpose}`;
  }
}

/**
 * All values that a request has for a cookie's name. A cookie of the same name that was set for another path or for
 * the parent domain comes along and may come first (RFC 6265, 5.4).
 */
export function cookieValues(request: FastifyRequest, name: string): string[] {
  return (request.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
}
