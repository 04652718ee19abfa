/** Longest path that travels through a login, in characters; it is part of the address of the issuer's page. */
const MAX_LENGTH = 1000;

/** Downloads, and the pages that offer them: a login ends on a page, never in a download. */
const PAGE_OF: Readonly<Record<string, string>> = {
  '/expenses.csv': '/expenses',
  '/expenses.json': '/user',
  '/everyone.csv': '/everyone',
  '/everyone/totals.csv': '/everyone',
};

/** A page of this application as a path; anything else, such as another site or a download, becomes a page, too. */
export function localPath(returnTo: unknown): string {
  const origin = 'http://here.invalid';
  if (typeof returnTo !== 'string' || !returnTo.startsWith('/') || !URL.canParse(returnTo, origin))
    return '/';
  const url = new URL(returnTo, origin);
  // `//elsewhere` and `/\elsewhere` start with a slash and still leave the site.
  if (url.origin !== origin || url.pathname.startsWith('//')) return '/';
  const path = PAGE_OF[url.pathname] ?? url.pathname;
  // A page that only passes on would come back here, and what has an extension is no page.
  if (/^\/(login|callback|logout)\b/.test(path) || /\.\w+$/.test(path)) return '/';
  return [path + url.search, path, '/'].find((candidate) => candidate.length <= MAX_LENGTH) ?? '/';
}

/** How a login is to go, beside where it leads. */
export interface LoginOptions {
  /** Has the issuer ask even for what the user answered before. */
  readonly askAgain?: boolean;
  /** Lets the user choose another account. */
  readonly otherAccount?: boolean;
  /** Has the issuer ask for a login that is no older, in seconds (OpenID Connect Core, 3.1.2.1). */
  readonly maxAge?: number;
  /** For a login that follows by itself upon one that did not help. */
  readonly again?: boolean;
}

/** The path that logs in and comes back; with permissions, it asks the user for these as well. */
export function loginPath(
  returnTo: string,
  permissions: readonly string[] = [],
  { askAgain, otherAccount, maxAge, again }: LoginOptions = {},
): string {
  const query = new URLSearchParams({ return_to: localPath(returnTo) });
  if (permissions.length > 0) query.set('permission', permissions.join(' '));
  if (askAgain) query.set('prompt', 'consent');
  if (otherAccount) query.set('prompt', 'select_account');
  if (maxAge !== undefined) query.set('max_age', String(maxAge));
  if (again) query.set('again', '1');
  return `/login?${query}`;
}
