import type { OpenAPIObject } from '@nestjs/swagger';

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** What every error looks like (RFC 9457). */
export const problemSchema: Schema = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'requestId'],
  properties: {
    type: { type: 'string', example: 'about:blank' },
    title: { type: 'string', description: 'The same for every occurrence' },
    status: { type: 'integer', description: 'The HTTP status code' },
    code: { type: 'string', description: 'Stable name of the problem, for programs' },
    detail: { type: 'string', description: 'What went wrong this time' },
    requestId: { type: 'string', description: 'Also in the header X-Request-Id, and in the log' },
    errors: {
      type: 'array',
      description: 'Every fault of the request',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'Where: a JSON pointer as a URI fragment (RFC 6901, 6)' },
          detail: { type: 'string' },
        },
      },
    },
  },
};
