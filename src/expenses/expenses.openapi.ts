import type { ApiResponseOptions } from '@nestjs/swagger';
import type { ProblemCode } from '../problems/problem.codes.js';

type Headers = NonNullable<ApiResponseOptions['headers']>;

const text = { type: 'string' } as const;

// Each of these describes a header of answers, for the operations that send it.

export const etagHeader: Headers = {
  ETag: {
    description: 'The version of the expense, for If-Match and If-None-Match (RFC 9110, 8.8.3)',
    schema: { ...text, example: '"1"' },
  },
};

export const locationHeader: Headers = {
  Location: { description: 'The path of the expense', schema: text },
};

export const replayedHeader: Headers = {
  'Idempotency-Replayed': {
    description:
      'true: this is the answer to an earlier request with the same Idempotency-Key, and nothing was done now',
    schema: { ...text, enum: ['true'] },
  },
};

export const linkHeader: Headers = {
  Link: {
    description: 'Where the next page and the first one are, relative to this one (RFC 8288)',
    schema: { ...text, example: '<?cursor=abc>; rel="next"' },
  },
};

export const countHeader: Headers = {
  'X-Total-Count': {
    description: 'With count=true, on the first page: how many expenses there are; beyond 10000 it is 10000+',
    schema: { ...text, pattern: String.raw`^\d+\+?$` },
  },
};

export const fileHeader: Headers = {
  'Content-Disposition': {
    description: 'Of CSV: the name of the file (RFC 6266)',
    schema: { ...text, example: 'attachment; filename="expenses.csv"' },
  },
};

/** The problems that every route may answer with which reads or writes rows of its caller. */
export const OF_OWN_ROWS: readonly ProblemCode[] = ['unusable_subject', 'database_unavailable'];
