import type { Context, Next } from 'koa';

/**
 * The policy of all pages: no script, no frame, our own stylesheet.
 *
 * @param origins where forms may lead beside here. Chromium applies `form-action` to the redirects that follow a form
 * post too, so the origin of the application that the browser returns to must be among them.
 */
export function contentSecurityPolicy(origins: readonly string[]): string {
  return [
    "default-src 'none'",
    // oidc-provider adds the hash of the one script of its form_post page here.
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `form-action ${["'self'", ...origins].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** Sets the headers of every answer; a page that knows its application narrows the policy. */
export function securityHeaders(origins: readonly string[]) {
  const policy = contentSecurityPolicy(origins);
  return async (ctx: Context, next: Next): Promise<void> => {
    ctx.set({
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      // The path of an authorization request holds its parameters: it is nobody's business.
      'Referrer-Policy': 'strict-origin',
    });
    await next();
  };
}
