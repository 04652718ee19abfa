/** A page of this application as a path; anything else, such as another site, becomes the home page. */
export function localPath(returnTo: unknown): string {
  const origin = 'http://here.invalid';
  if (typeof returnTo !== 'string' || !returnTo.startsWith('/') || !URL.canParse(returnTo, origin))
    return '/';
  const url = new URL(returnTo, origin);
  // `//elsewhere` and `/\elsewhere` start with a slash and still leave the site.
  return url.origin === origin && !url.pathname.startsWith('//') ? url.pathname + url.search : '/';
}

/** The path that logs in and comes back; with permissions, the issuer asks the user for them again. */
export function loginPath(returnTo: string, permissions: readonly string[] = []): string {
  const query = new URLSearchParams({ return_to: localPath(returnTo) });
  if (permissions.length > 0) query.set('permission', permissions.join(' '));
  return `/login?${query}`;
}
