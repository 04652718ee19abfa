/** A kind of problem that the service answers with. */
export interface ProblemKind {
  /** HTTP status code. */
  readonly status: number;
  /** What is said of it, unless the occurrence has something more exact to say. */
  readonly detail: string;
  /**
   * Whether the code says more than its status does. Then the problem has a `type` of its own, else it is
   * `about:blank` (RFC 9457, 4.2.1).
   */
  readonly isSpecific?: true;
}

/** Every problem that the service answers with, by its stable code. docs/problems.md lists the same. */
export const problemCodes = {
  malformed_request: { status: 400, detail: 'The request is malformed' },
  invalid_header: { status: 400, detail: 'A header of the request has a fault', isSpecific: true },
  invalid_parameters: { status: 400, detail: 'The parameters have faults', isSpecific: true },
  invalid_request: { status: 400, detail: 'The credentials are malformed', isSpecific: true },
  invalid_token: { status: 401, detail: 'The access token is not acceptable', isSpecific: true },
  invalid_dpop_proof: { status: 401, detail: 'The DPoP proof is not acceptable', isSpecific: true },
  use_dpop_nonce: { status: 401, detail: 'The DPoP proof needs a nonce of ours', isSpecific: true },
  insufficient_user_authentication: {
    status: 401,
    detail: 'The user must log in again for this',
    isSpecific: true,
  },
  missing_token: { status: 401, detail: 'An access token is needed', isSpecific: true },
  forbidden: { status: 403, detail: 'This is not allowed' },
  insufficient_scope: {
    status: 403,
    detail: 'The access token lacks a scope that this request needs',
    isSpecific: true,
  },
  unusable_subject: { status: 403, detail: "The token's subject cannot own expenses", isSpecific: true },
  not_found: { status: 404, detail: 'There is nothing here' },
  expense_not_found: { status: 404, detail: 'There is no expense with this id', isSpecific: true },
  method_not_allowed: { status: 405, detail: 'The method is not allowed here' },
  request_timeout: { status: 408, detail: 'The request took too long to arrive' },
  precondition_failed: {
    status: 412,
    detail: 'The expense has changed since it was read',
    isSpecific: true,
  },
  body_too_large: { status: 413, detail: 'The body is too large' },
  uri_too_long: { status: 414, detail: 'The URL is too long' },
  unsupported_media_type: { status: 415, detail: 'The media type of the body is not supported here' },
  idempotency_key_reused: {
    status: 422,
    detail: 'This Idempotency-Key was used for another request',
    isSpecific: true,
  },
  invalid_body: { status: 422, detail: 'The body has faults', isSpecific: true },
  invalid_import: { status: 422, detail: 'The file has faults; nothing was imported', isSpecific: true },
  too_many_failures: {
    status: 429,
    detail: 'There were too many requests with unacceptable access tokens from this address',
    isSpecific: true,
  },
  too_many_requests: { status: 429, detail: 'There were too many requests' },
  headers_too_large: { status: 431, detail: 'The headers are too large' },
  internal_error: { status: 500, detail: 'Something went wrong on our side' },
  audit_unavailable: {
    status: 503,
    detail: 'Nothing can be changed at the moment, because it could not be recorded',
    isSpecific: true,
  },
  database_unavailable: {
    status: 503,
    detail: 'The database cannot answer at the moment',
    isSpecific: true,
  },
  keys_unavailable: {
    status: 503,
    detail: 'Access tokens cannot be verified at the moment',
    isSpecific: true,
  },
  proofs_unavailable: {
    status: 503,
    detail: 'DPoP proofs cannot be judged at the moment',
    isSpecific: true,
  },
  service_unavailable: { status: 503, detail: 'The service is not available at the moment' },
} as const satisfies Record<string, ProblemKind>;

/** The code of a problem that the service itself answers with. */
export type ProblemCode = keyof typeof problemCodes;

/** The code of an error that is known by its status only. */
export function codeOfStatus(status: number): ProblemCode | undefined {
  return plainCodes.get(status);
}

const plainCodes = new Map<number, ProblemCode>();
for (const [code, kind] of Object.entries(problemCodes) as [ProblemCode, ProblemKind][]) {
  if (!kind.isSpecific) plainCodes.set(kind.status, code);
}
