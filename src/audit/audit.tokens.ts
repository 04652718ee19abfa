/** Injection token of the `DestinationStream` for audit events; tests replace it. `undefined`: none are written. */
export const AUDIT_STREAM = Symbol('AUDIT_STREAM');

/**
 * Key in the configuration of a route, beside true, that anybody may call, and whose handler calls
 * `AuditRequired.announce()` itself when it knows that there is something to write.
 */
export const ANNOUNCES_WRITES = 'audit:announces-writes';
