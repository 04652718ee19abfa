import { ProblemException } from '../http/problem.exception.js';

/** There is no such expense, or it belongs to someone else: the answer is the same, so ids cannot be probed. */
export class ExpenseNotFound extends ProblemException {
  constructor() {
    super({ status: 404, code: 'expense_not_found', detail: 'There is no expense with this id' });
  }
}

/** The cursor was changed, or comes from a list of other owners or with other filters. */
export class InvalidCursor extends ProblemException {
  constructor() {
    super({
      status: 400,
      code: 'invalid_parameters',
      detail: 'The parameters have faults',
      errors: [{ pointer: '#/cursor', detail: 'must come from the Link header of the same list' }],
    });
  }
}

/** The expense changed since the client read it: If-Match names another version (RFC 9110, 13.1.1). */
export class PreconditionFailed extends ProblemException {
  constructor() {
    super({ status: 412, code: 'precondition_failed', detail: 'The expense has changed since it was read' });
  }
}

/** The Idempotency-Key came with another request before. */
export class IdempotencyKeyReused extends ProblemException {
  constructor() {
    super({
      status: 422,
      code: 'idempotency_key_reused',
      detail: 'This Idempotency-Key was used for another request',
    });
  }
}

/** A change of the value or of the currency leaves the value with more decimals than the currency has. */
export class ValueDoesNotFit extends ProblemException {
  constructor(detail: string) {
    super({
      status: 422,
      code: 'invalid_body',
      detail: 'The body has faults',
      errors: [{ pointer: '#/value', detail }],
    });
  }
}
