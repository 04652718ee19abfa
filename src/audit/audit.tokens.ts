/** Injection token of the `DestinationStream` for audit events; tests replace it. `undefined`: none are written. */
export const AUDIT_STREAM = Symbol('AUDIT_STREAM');
