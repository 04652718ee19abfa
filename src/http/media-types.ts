import type { FastifyRequest } from 'fastify';
import { TAKES_FORMS } from '../auth/index.js';
import { countHeaders } from '../net/raw-headers.js';
import { ProblemException } from '../problems/problem.exception.js';

/** The media type of a JSON merge patch (RFC 7396). */
export const MERGE_PATCH = 'application/merge-patch+json';
/** The media types of JSON bodies, the one of patches first. */
export const JSON_TYPES: readonly string[] = [MERGE_PATCH, 'application/json'];
const FORM = 'application/x-www-form-urlencoded';
/** A media type (RFC 9110, 8.3.1), whatever its parameters. */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;

/** Whether a Content-Type header names a media type at all. */
export function isMediaType(header: string): boolean {
  return MEDIA_TYPE.test(header.trim());
}

/** Whether a body is named as a form. */
export function isForm({ headers }: FastifyRequest): boolean {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  return type.trim().toLowerCase() === FORM;
}

/** A 415 that says which types the route takes: of patches by Accept-Patch (RFC 5789, 2.2), else by Accept. */
export function unsupportedMediaType({ method, routeOptions }: FastifyRequest): ProblemException {
  if (TAKES_FORMS in routeOptions.config)
    return new ProblemException('unsupported_media_type', { accept: FORM });
  const types = JSON_TYPES.join(', ');
  return method === 'PATCH'
    ? new ProblemException('unsupported_media_type', { 'accept-patch': types })
    : new ProblemException('unsupported_media_type', { accept: 'application/json' });
}

/** What of the head of a request with a body keeps it from being read: a content coding, another charset, or two types. */
export function faultOfBodyHead({ headers, raw }: FastifyRequest): ProblemException | null {
  const { 'content-encoding': codings = '', 'content-type': type = '' } = headers;
  if (!codings.split(',').every((coding) => /^\s*(identity)?\s*$/i.test(coding))) {
    return new ProblemException(
      { code: 'unsupported_media_type', detail: 'A body must be sent as it is, without Content-Encoding' },
      { 'accept-encoding': 'identity' },
    );
  }
  // Of several Node takes the first, where a proxy may have gone by the last.
  if (countHeaders(raw, 'content-type') > 1) {
    return new ProblemException({
      code: 'malformed_request',
      detail: 'A request may have one Content-Type header, and no more',
    });
  }
  const charsets = Array.from(type.matchAll(/;\s*charset\s*=\s*"?([^\s";]*)/gi), ([, name = '']) => name);
  if (charsets.every((charset) => /^(utf-?8|us-ascii)$/i.test(charset))) return null;
  return new ProblemException({ code: 'unsupported_media_type', detail: 'A body must be in UTF-8' });
}
