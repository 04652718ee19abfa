import type { AccessRules, Route } from '../../auth/index.js';

/** Who may call one route. */
export interface ManifestEntry {
  readonly method: string;
  readonly path: string;
  /** `public`, `authenticated`, or the scopes that the token must hold: `a`, `all of a b`, `any of a b`. */
  readonly access: string;
  /** Scopes that widen what the route does. */
  readonly optional?: readonly string[];
}

/** Who may call what, one entry a route, in the order of paths and methods. */
export function toManifest({ routes }: Pick<AccessRules, 'routes'>): ManifestEntry[] {
  return routes.map(({ method, path, rule, optionalScopes }) => ({
    method,
    path,
    access: describeRule(rule),
    ...(optionalScopes.length > 0 && { optional: optionalScopes }),
  }));
}

/** A rule in a few words. */
export function describeRule(rule: Route['rule']): string {
  if (rule.kind !== 'scopes') return rule.kind;
  return rule.scopes.length === 1 ? String(rule.scopes[0]) : `${rule.mode} of ${rule.scopes.join(' ')}`;
}

/** The manifest as JSON, one line a route, so that a change of access is one line in a review. */
export function toJson(manifest: readonly ManifestEntry[]): string {
  return `[\n${manifest.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n')}\n]\n`;
}

/** The manifest as a table for people. */
export function toText(manifest: readonly ManifestEntry[]): string {
  const width = Math.max(0, ...manifest.map(({ path }) => path.length));
  const lines = manifest.map(({ method, path, access, optional }) => {
    const widened = optional ? ` (optional: ${optional.join(' ')})` : '';
    return `${method.padEnd(7)} ${path.padEnd(width)}  ${access}${widened}\n`;
  });
  return lines.join('');
}
