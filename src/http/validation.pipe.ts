import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type FieldError, ProblemException } from '../problems/problem.exception.js';

/** Most faults that one answer lists. */
const MAX_FAULTS = 100;
/** Longest part of a member's name that is repeated, in characters. */
const MAX_NAME_LENGTH = 100;

/**
 * Validates parameters that carry a schema, as in `@Body({ schema })`, and answers with every fault at once: 422 for a
 * body, 400 for a query or path.
 *
 * @throws ProblemException with `errors`
 */
@Injectable()
export class ValidationPipe implements PipeTransform {
  transform(value: unknown, { schema, type }: ArgumentMetadata): unknown {
    if (!schema || type === 'custom') return value;
    const result = schema['~standard'].validate(value);
    return result instanceof Promise
      ? result.then((settled) => validValue(settled, type))
      : validValue(result, type);
  }
}

function validValue(result: StandardSchemaV1.Result<unknown>, type: ArgumentMetadata['type']): unknown {
  if (!result.issues) return result.value;
  throw new ProblemException({
    code: type === 'body' ? 'invalid_body' : 'invalid_parameters',
    errors: result.issues.slice(0, MAX_FAULTS).flatMap(toFieldErrors).slice(0, MAX_FAULTS),
  });
}

function toFieldErrors(issue: StandardSchemaV1.Issue): FieldError[] {
  const path = (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
  // zod reports the unknown members of an object together, at the object.
  const { code, keys } = issue as { code?: unknown; keys?: readonly string[] };
  if (code === 'unrecognized_keys' && keys) {
    return keys.map((key) => ({ pointer: pointer([...path, key]), detail: 'is not known' }));
  }
  return [{ pointer: pointer(path), detail: issue.message }];
}

/** A JSON pointer in its URI fragment form (RFC 6901, 6). */
function pointer(path: readonly PropertyKey[]): string {
  const segments = path.map((segment) => {
    const name = String(segment).slice(0, MAX_NAME_LENGTH).toWellFormed();
    return `/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`;
  });
  return `#${segments.join('')}`;
}
