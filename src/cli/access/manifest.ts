import { type AccessRules, acrValuesOf, type Route, type StepUpOptions } from '../../auth/index.js';

/** Who may call one route. */
export interface ManifestEntry {
  readonly method: string;
  readonly path: string;
  /** `public`, `authenticated`, or the scopes that the token must hold: `a`, `all of a b`, `any of a b`. */
  readonly access: string;
  /** Scopes that widen what the route does. */
  readonly optional?: readonly string[];
  /** How the user must have logged in. */
  readonly stepUp?: StepUpOptions;
  /** Whether the subject must act in person. */
  readonly direct?: true;
  /** Whether the token must be bound to its sender. */
  readonly senderConstrained?: true;
}

/** Who may call what, one entry a route, in the order of paths and methods. */
export function toManifest({ routes }: Pick<AccessRules, 'routes'>): ManifestEntry[] {
  return routes.map(({ method, path, rule, optionalScopes }) => ({
    method,
    path,
    access: describeRule(rule),
    ...(optionalScopes.length > 0 && { optional: optionalScopes }),
    ...(rule.kind !== 'public' && rule.stepUp && { stepUp: rule.stepUp }),
    ...(rule.kind !== 'public' && rule.direct && { direct: rule.direct }),
    ...(rule.kind !== 'public' && rule.senderConstrained && { senderConstrained: rule.senderConstrained }),
  }));
}

/** A rule in a few words. */
export function describeRule(rule: Route['rule']): string {
  if (rule.kind !== 'scopes') return rule.kind;
  return rule.scopes.length === 1 ? String(rule.scopes[0]) : `${rule.mode} of ${rule.scopes.join(' ')}`;
}

/** How a user must have logged in, in a few words. */
export function describeStepUp(stepUp: StepUpOptions): string {
  const acr = acrValuesOf(stepUp);
  const parts = [
    stepUp.maxAge !== undefined && `in the last ${stepUp.maxAge} s`,
    acr.length > 0 && `with acr ${acr.join(' or ')}`,
  ];
  return `login ${parts.filter(Boolean).join(' and ')}`;
}

/** The manifest as JSON, one line a route, so that a change of access is one line in a review. */
export function toJson(manifest: readonly ManifestEntry[]): string {
  return `[\n${manifest.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n')}\n]\n`;
}

/** The manifest as a table for people. */
export function toText(manifest: readonly ManifestEntry[]): string {
  const width = Math.max(0, ...manifest.map(({ path }) => path.length));
  const lines = manifest.map(({ method, path, access, optional, stepUp, direct, senderConstrained }) => {
    const widened = optional ? ` (optional: ${optional.join(' ')})` : '';
    const conditions = [
      stepUp && describeStepUp(stepUp),
      direct && 'in person',
      senderConstrained && 'bound to the sender',
    ];
    const narrowed = conditions
      .filter(Boolean)
      .map((text) => `, ${text}`)
      .join('');
    return `${method.padEnd(7)} ${path.padEnd(width)}  ${access}${narrowed}${widened}\n`;
  });
  return lines.join('');
}
