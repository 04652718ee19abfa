import type { Context } from 'koa';
import { createHmac, timingSafeEqual } from 'node:crypto';

const MAX_BODY_BYTES = 16 * 1024;

/** A form that cannot be taken; the message is shown to the person. */
export class FormError extends Error {
  constructor(
    readonly status: 400 | 403 | 413,
    message: string,
  ) {
    super(message);
    this.name = 'FormError';
  }
}

/** Ties our forms to what the browser holds in a cookie, so that other sites cannot post them (CSRF). */
export class CsrfTokens {
  constructor(private readonly secret: string) {}

  /** @param subject what only the legitimate browser has: the id of its interaction or session */
  issue(subject: string): string {
    return createHmac('sha256', this.secret).update(`csrf:${subject}`).digest('base64url');
  }

  /** @throws FormError 403 when the form's `csrf` field is not the subject's */
  check(form: URLSearchParams, subject: string): void {
    const given = Buffer.from(form.get('csrf') ?? '');
    const wanted = Buffer.from(this.issue(subject));
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      throw new FormError(
        403,
        'This form was not sent from its own page. Go back, reload the page and try again.',
      );
    }
  }
}

/**
 * Reads a posted form of at most 16 KiB.
 *
 * @throws FormError 400 for another content type, 413 when it is too long
 */
export async function readForm(ctx: Context): Promise<URLSearchParams> {
  if (!ctx.is('application/x-www-form-urlencoded')) throw new FormError(400, 'A form was expected.');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new FormError(413, 'The form is too long.');
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}
