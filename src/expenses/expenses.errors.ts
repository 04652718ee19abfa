import { CURSOR_FAULT } from './expenses.query.js';
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
      errors: [{ pointer: '#/cursor', detail: CURSOR_FAULT }],
    });
  }
}

/** A precondition of the client does not hold (RFC 9110, 13.1); without a detail because the expense has changed. */
export class PreconditionFailed extends ProblemException {
  constructor(detail?: string) {
    super({ code: 'precondition_failed', ...(detail !== undefined && { detail }) });
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
