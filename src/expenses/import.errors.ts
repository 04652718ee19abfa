import { type FieldError, ProblemException } from '../http/problem.exception.js';

/** The file is larger than an import may be. */
export class ImportTooLarge extends ProblemException {
  constructor(limitBytes: number) {
    super({
      status: 413,
      code: 'body_too_large',
      detail: `An import must have at most ${limitBytes} bytes; send it in parts`,
    });
  }
}

/** Rows of the file, or the file itself, have faults. Nothing was imported. */
export class ImportRefused extends ProblemException {
  constructor(detail: string, errors: readonly FieldError[]) {
    super({ status: 422, code: 'invalid_import', detail, errors });
  }
}
