/** Injection token of the `DestinationStream` for audit events; tests replace it. `undefined`: none are written. */
export const AUDIT_STREAM = Symbol('AUDIT_STREAM');

/**
 * A route whose configuration has `true` under this key announces its writes itself: its handler calls
 * `AuditRequired.announce()` when it knows that there is something to write. For routes that anybody may call, whose
 * every request would else have an event.
 *
 * @example `@RouteConfig({ [ANNOUNCES_WRITES]: true })`
 */
export const ANNOUNCES_WRITES = 'audit:announces-writes';
