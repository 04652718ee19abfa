import { type FieldError, ProblemException } from '../../problems/problem.exception.js';

/** The file is larger than an import may be. */
export class ImportTooLarge extends ProblemException {
  constructor(limitBytes: number) {
    super({
      code: 'body_too_large',
      detail: `An import must have at most ${limitBytes} bytes; send it in parts`,
    });
  }
}

/** Rows of the file, or the file itself, have faults. Nothing was imported. */
export class ImportRefused extends ProblemException {
  constructor(detail: string, errors: readonly FieldError[]) {
    super({ code: 'invalid_import', detail, errors });
  }
}

/** The client left before the file was there. It is no error of ours, and nobody reads the answer. */
export class BodyCut extends ProblemException {
  constructor(options: ErrorOptions) {
    super({ code: 'malformed_request', detail: 'The file ended too early' }, {}, options);
  }
}
