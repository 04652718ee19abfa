import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type FieldError, ProblemException } from '../problems/problem.exception.js';

/** Most faults that one answer lists. */
export const MAX_FAULTS = 100;
/** Longest part of a member's name that is repeated, in characters. */
const MAX_NAME_LENGTH = 100;

/** Where a value comes from: its kind and, for a single parameter, its name. */
type Source = Pick<ArgumentMetadata, 'type' | 'data'>;

/**
 * Validates parameters that carry a schema, as in `@Body({ schema })`, and answers with every fault at once: 422 for a
 * body, 400 for a query or path.
 *
 * @throws ProblemException with `errors`
 */
@Injectable()
export class SchemaPipe implements PipeTransform {
  transform(value: unknown, { schema, type, data }: ArgumentMetadata): unknown {
    if (!schema || type === 'custom') return value;
    return validate(schema, value, { type, data });
  }
}

/**
 * For `@Body({ schema: documentedBy(schema), pipes: [OwnPipe] })`: documents a parameter by a schema whose validation is
 * left to a pipe of its own.
 */
export function documentedBy(schema: StandardSchemaV1): StandardSchemaV1 {
  return { '~standard': { ...schema['~standard'], validate: (value) => ({ value }) } };
}

/**
 * What a schema makes of a value; a promise when the schema is asynchronous.
 * @throws ProblemException with `errors`
 */
export function validate(schema: StandardSchemaV1, value: unknown, source: Source): unknown {
  const result = schema['~standard'].validate(value);
  return result instanceof Promise
    ? result.then((settled) => validValue(settled, source))
    : validValue(result, source);
}

function validValue(result: StandardSchemaV1.Result<unknown>, { type, data }: Source): unknown {
  if (!result.issues) return result.value;
  const base = data === undefined ? [] : [data];
  throw new ProblemException({
    code: type === 'body' ? 'invalid_body' : 'invalid_parameters',
    errors: result.issues
      .slice(0, MAX_FAULTS)
      .flatMap((issue) => toFieldErrors(issue, base))
      .slice(0, MAX_FAULTS),
  });
}

function toFieldErrors(issue: StandardSchemaV1.Issue, base: readonly PropertyKey[]): FieldError[] {
  const path = [
    ...base,
    ...(issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment)),
  ];
  // zod reports the unknown members of an object together, at the object.
  const { code, keys } = issue as { code?: unknown; keys?: readonly string[] };
  if (code === 'unrecognized_keys' && keys) {
    return keys.map((key) => ({ pointer: pointer([...path, key]), detail: 'is not known' }));
  }
  return [{ pointer: pointer(path), detail: issue.message }];
}

/** A JSON pointer in its URI fragment form (RFC 6901, 6). */
export function pointer(path: readonly PropertyKey[]): string {
  const segments = path.map((segment) => {
    const name = String(segment).slice(0, MAX_NAME_LENGTH).toWellFormed();
    return `/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`;
  });
  return `#${segments.join('')}`;
}
