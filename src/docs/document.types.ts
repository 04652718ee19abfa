import type { OpenAPIObject } from '@nestjs/swagger';

/** An operation of an OpenAPI description. */
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
/** One of its answers. */
export type Response = Exclude<NonNullable<Operation['responses'][string]>, { $ref: string }>;
/** The headers of an answer. */
export type Headers = NonNullable<Response['headers']>;
/** Parts that several operations refer to. */
export type Components = NonNullable<OpenAPIObject['components']>;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

/** Every operation of a description, with where it is. */
export function* operationsOf(
  document: OpenAPIObject,
): Generator<{ readonly method: string; readonly path: string; readonly operation: Operation }> {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) yield { method, path, operation };
    }
  }
}
