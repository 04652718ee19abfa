import { type FieldError, ProblemException } from '../problems/problem.exception.js';

/** There is no such expense, or it belongs to someone else: the answer is the same, so ids cannot be probed. */
export class ExpenseNotFound extends ProblemException {
  constructor() {
    super('expense_not_found');
  }
}

/** The cursor was changed, or comes from a list of other owners or with other filters. */
export class InvalidCursor extends ProblemException {
  constructor() {
    super({
      code: 'invalid_parameters',
      errors: [{ pointer: '#/cursor', detail: 'must come from the Link header of the same list' }],
    });
  }
}

/** The expense changed since the client read it: If-Match names another version (RFC 9110, 13.1.1). */
export class PreconditionFailed extends ProblemException {
  constructor() {
    super('precondition_failed');
  }
}

/** The Idempotency-Key came with another request before. */
export class IdempotencyKeyReused extends ProblemException {
  constructor() {
    super('idempotency_key_reused');
  }
}

/** A patch that its expense cannot take: a value that does not fit the currency, or a member that only we write. */
export class InvalidPatch extends ProblemException {
  constructor(errors: readonly FieldError[]) {
    super({ code: 'invalid_body', errors });
  }
}
