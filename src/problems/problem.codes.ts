import { STATUS_CODES } from 'node:http';

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
  /** What a client, or whoever writes one, can do about it. */
  readonly remedy: string;
}

/**
 * Every problem that the service answers with, by its stable code. docs/problems.md and the page at /docs/problems are made
 * from it: `npm run docs:problems`.
 */
export const problemCodes = {
  // Before the plain code of its own status, which is the one that errors of status 400 get.
  bad_request: {
    status: 400,
    detail: 'The request cannot be served',
    remedy:
      'Also with another status of the 400s, for an error that has no code of its own here. Go by the status.',
  },
  malformed_request: {
    status: 400,
    detail: 'The request is malformed',
    remedy:
      'The request is not HTTP, its path cannot be decoded, or its body is not what its media type says. Write it anew; `detail` says more where it can.',
  },
  invalid_header: {
    status: 400,
    detail: 'A header of the request has a fault',
    isSpecific: true,
    remedy: '`errors` names the header and what is wrong there.',
  },
  invalid_logout_token: {
    status: 400,
    detail: 'The logout token is not acceptable',
    isSpecific: true,
    remedy:
      'For issuers: what was sent is no logout token for this API (OpenID Connect Back-Channel Logout 1.0, 2.6); `detail` says what does not fit.',
  },
  invalid_parameters: {
    status: 400,
    detail: 'The parameters have faults',
    isSpecific: true,
    remedy: '`errors` names each parameter of the query or the path, and what is wrong there.',
  },
  invalid_request: {
    status: 400,
    detail: 'The credentials are malformed',
    isSpecific: true,
    remedy:
      'An access token is malformed, sent twice, or sent elsewhere than in the Authorization header (RFC 6750, 3.1). Send it once, there.',
  },
  invalid_token: {
    status: 401,
    detail: 'The access token is not acceptable',
    isSpecific: true,
    remedy:
      'The token has expired, is forged, or was made for another API; `detail` says which. Get a new one from the issuer that the challenge leads to, and try once more.',
  },
  invalid_dpop_proof: {
    status: 401,
    detail: 'The DPoP proof is not acceptable',
    isSpecific: true,
    remedy:
      'The proof in the DPoP header is not one for this request, this token and this time (RFC 9449, 4.3); `detail` says what does not fit. Make a new one.',
  },
  use_dpop_nonce: {
    status: 401,
    detail: 'The DPoP proof needs a nonce of ours',
    isSpecific: true,
    remedy:
      'Make the proof anew with the nonce in the DPoP-Nonce header of this answer (RFC 9449, 9), and send the request again.',
  },
  insufficient_user_authentication: {
    status: 401,
    detail: 'The user must log in again for this',
    isSpecific: true,
    remedy:
      'Let the user log in again with the `max_age` or `acr_values` of the challenge (RFC 9470), and send the request with the new token.',
  },
  missing_token: {
    status: 401,
    detail: 'An access token is needed',
    isSpecific: true,
    remedy:
      'Send an access token as `Authorization: Bearer ...`. The challenge names the scopes to ask for, and where the metadata are that lead to the issuer.',
  },
  forbidden: {
    status: 403,
    detail: 'This is not allowed',
    remedy: 'The caller is known, and may not do this whatever its token.',
  },
  delegated_token: {
    status: 403,
    detail: 'The access token is of somebody who acts for the user; this is for the user in person',
    isSpecific: true,
    remedy: 'Send a token that was issued to an application of the user, without the claim `act`.',
  },
  insufficient_scope: {
    status: 403,
    detail: 'The access token lacks a scope that this request needs',
    isSpecific: true,
    remedy:
      'Ask the issuer for a token with the scopes that the challenge names (RFC 6750, 3.1). If it does not give them, the user may not do this.',
  },
  unusable_subject: {
    status: 403,
    detail: "The token's subject cannot own expenses",
    isSpecific: true,
    remedy:
      'The `sub` of the token is longer than what can own an expense, or has characters that cannot. Use another account.',
  },
  not_found: {
    status: 404,
    detail: 'There is nothing here',
    remedy: 'There is nothing at this path, or nothing that the caller may see.',
  },
  expense_not_found: {
    status: 404,
    detail: 'There is no expense with this id',
    isSpecific: true,
    remedy: 'It was deleted, never existed, or belongs to somebody else: the three are not told apart.',
  },
  method_not_allowed: {
    status: 405,
    detail: 'The method is not allowed here',
    remedy: 'The Allow header names the methods that there are.',
  },
  request_timeout: {
    status: 408,
    detail: 'The request took too long to arrive',
    remedy: 'Head or body of the request stopped coming. Send it again, on a new connection.',
  },
  precondition_failed: {
    status: 412,
    detail: 'The expense has changed since it was read',
    isSpecific: true,
    remedy:
      'Read it again, apply the change to what it is now, and send that with its new ETag in If-Match. Where If-None-Match or a weak tag was the reason, `detail` says so: leave the header out, or send the ETag as it came, without W/.',
  },
  body_too_large: {
    status: 413,
    detail: 'The body is too large',
    remedy: 'Send less at once. `detail` says how much may come where the limit is another one than 16 KiB.',
  },
  uri_too_long: { status: 414, detail: 'The URL is too long', remedy: 'Shorten the query.' },
  unsupported_media_type: {
    status: 415,
    detail: 'The media type of the body is not supported here',
    remedy:
      'The Accept or Accept-Patch header says what may be sent here; a body must be in UTF-8 and without Content-Encoding.',
  },
  expectation_failed: {
    status: 417,
    detail: 'The only expectation that can be met is 100-continue',
    remedy: 'Send the request without Expect, or with Expect: 100-continue.',
  },
  idempotency_key_reused: {
    status: 422,
    detail: 'This Idempotency-Key was used for another request',
    isSpecific: true,
    remedy: 'Take a new Idempotency-Key for each new request; with the same one send the same request only.',
  },
  invalid_body: {
    status: 422,
    detail: 'The body has faults',
    isSpecific: true,
    remedy: '`errors` names each member of the body and what is wrong there.',
  },
  invalid_import: {
    status: 422,
    detail: 'The file has faults; nothing was imported',
    isSpecific: true,
    remedy:
      '`errors` names the faulty rows, by line. Correct them and send the whole file again: nothing of it was kept.',
  },
  too_many_failures: {
    status: 429,
    detail: 'There were too many requests with unacceptable access tokens from this address',
    isSpecific: true,
    remedy: 'Wait as long as Retry-After says. Tokens that were accepted before go on being accepted.',
  },
  too_many_exports: {
    status: 429,
    detail: 'Another export of yours is under way, or there are as many as there may be',
    remedy:
      'Read the export that is under way to its end, or close its connection; try again after Retry-After seconds.',
    isSpecific: true,
  },
  too_many_imports: {
    status: 429,
    detail: 'Another import of yours is under way, or there are as many as there may be',
    remedy:
      'Nothing of the file was read. Send one file after the other; try again after Retry-After seconds.',
    isSpecific: true,
  },
  too_many_requests: {
    status: 429,
    detail: 'There were too many requests',
    remedy:
      'Wait as long as Retry-After says; the RateLimit headers of every answer tell how many requests are left.',
  },
  headers_too_large: {
    status: 431,
    detail: 'The headers are too large',
    remedy: 'All headers together may have 16 KiB. A token that large holds too many claims.',
  },
  internal_error: {
    status: 500,
    detail: 'Something went wrong on our side',
    remedy:
      'Report it with the requestId, by which the log has the cause. Whether anything was done is not known: a request with an Idempotency-Key can be sent again.',
  },
  audit_unavailable: {
    status: 503,
    detail: 'Nothing can be changed at the moment, because it could not be recorded',
    isSpecific: true,
    remedy: 'Nothing was done. Try again after Retry-After seconds.',
  },
  database_unavailable: {
    status: 503,
    detail: 'The database cannot answer at the moment',
    isSpecific: true,
    remedy: 'Try again after Retry-After seconds; a write with the same Idempotency-Key is done once.',
  },
  import_unavailable: {
    status: 503,
    detail: 'There is no room for the file at the moment',
    remedy:
      'Nothing was imported. Try again after Retry-After seconds. Operators: the folder that TMPDIR names is full or takes no files, or many imports fill their 512 MiB.',
    isSpecific: true,
  },
  keys_unavailable: {
    status: 503,
    detail: 'Access tokens cannot be verified at the moment',
    isSpecific: true,
    remedy:
      "The issuer's keys cannot be had. The token may be good: keep it, and try again after Retry-After seconds.",
  },
  proofs_unavailable: {
    status: 503,
    detail: 'DPoP proofs cannot be judged at the moment',
    isSpecific: true,
    remedy:
      'It cannot be told at the moment whether the proof was used before. Try again after Retry-After seconds, with a new proof.',
  },
  service_unavailable: {
    status: 503,
    detail: 'The service is not available at the moment',
    remedy: 'Try again after Retry-After seconds.',
  },
  revocations_unavailable: {
    status: 503,
    detail: 'It cannot be known at the moment which access tokens are revoked',
    isSpecific: true,
    remedy: 'Try again after Retry-After seconds.',
  },
} as const satisfies Record<string, ProblemKind>;

/** The code of a problem that the service itself answers with. */
export type ProblemCode = keyof typeof problemCodes;

/** A code that says no more than its status, so that its problems have no `type` of their own. */
export type PlainProblemCode = {
  [Code in ProblemCode]: (typeof problemCodes)[Code] extends { isSpecific: true } ? never : Code;
}[ProblemCode];

/** Phrases of RFC 9110, 15.5, where Node has those of its predecessor. */
const phrases: Readonly<Record<number, string>> = { 413: 'Content Too Large', 422: 'Unprocessable Content' };

/** The title of all problems of a status: its phrase. */
export function titleOf(status: number): string | undefined {
  return phrases[status] ?? STATUS_CODES[status];
}

/** The code of an error that is known by its status only. */
export function codeOfStatus(status: number): PlainProblemCode | undefined {
  return plainCodes.get(status);
}

const plainCodes = new Map<number, PlainProblemCode>();
for (const [code, kind] of Object.entries(problemCodes) as [PlainProblemCode, ProblemKind][]) {
  if (!kind.isSpecific) plainCodes.set(kind.status, code);
}
