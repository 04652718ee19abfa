import type { OpenAPIObject } from '@nestjs/swagger';
import type { Route } from '../auth/index.js';
import { routeAt } from './document-access.js';
import { type Components, type Headers, operationsOf } from './document.types.js';

const ofEveryAnswer: Headers = {
  'X-Request-Id': {
    description: 'What the log calls the request; also `requestId` of problems',
    schema: { type: 'string' },
  },
};

/** draft-ietf-httpapi-ratelimit-headers-07. Absent where the operator has set no limit. */
const ofKnownCallers: Headers = {
  'RateLimit-Limit': {
    description: 'How many requests the caller has per minute; absent when there is no limit',
    schema: { type: 'integer' },
  },
  'RateLimit-Remaining': {
    description: 'How many of them are left',
    schema: { type: 'integer' },
  },
  'RateLimit-Reset': {
    description: 'In how many seconds there are all of them again',
    schema: { type: 'integer' },
  },
};

const ofProofs: Headers = {
  'DPoP-Nonce': {
    description: 'What the next DPoP proof must hold, where the operator demands nonces (RFC 9449, 8.2)',
    schema: { type: 'string' },
  },
};

const proofParameter: NonNullable<Components['parameters']> = {
  DPoP: {
    name: 'DPoP',
    in: 'header',
    description: 'The proof that the caller has the key that the access token is bound to (RFC 9449, 4.2)',
    schema: { type: 'string' },
  },
};

/** Writes into a description the headers that answers have whatever the operation, and the one that proofs come in. */
export function documentHeaders(
  document: OpenAPIObject,
  routes: readonly Route[],
  takesProofs: boolean,
): void {
  const shared = { ...ofEveryAnswer, ...ofKnownCallers, ...(takesProofs && ofProofs) };
  document.components = {
    ...document.components,
    headers: shared,
    ...(takesProofs && { parameters: proofParameter }),
  };
  for (const { method, path, operation } of operationsOf(document)) {
    const isPublic = routeAt(routes, method, path)?.rule.kind === 'public';
    if (!isPublic && takesProofs) {
      operation.parameters = [...(operation.parameters ?? []), { $ref: '#/components/parameters/DPoP' }];
    }
    const headers = Object.keys(isPublic ? ofEveryAnswer : shared);
    const references = Object.fromEntries(
      headers.map((name) => [name, { $ref: `#/components/headers/${name}` }]),
    );
    for (const response of Object.values(operation.responses)) {
      if (response && !('$ref' in response)) response.headers = { ...references, ...response.headers };
    }
  }
}
