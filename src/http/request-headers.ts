import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ProblemException } from '../problems/problem.exception.js';

/**
 * Injects headers of the request, read and documented by one schema: an object with a member for each, by the name that
 * it is known by.
 *
 * @example `@RequestHeaders(z.object({ 'If-Match': entityTags.optional() })) headers: { 'If-Match'?: Tags }`
 * @throws ProblemException 400 `invalid_header` naming the first that has a fault
 */
export function RequestHeaders(schema: z.ZodObject): ParameterDecorator {
  return (target, key, index) => {
    const descriptor = Object.getOwnPropertyDescriptor(target, key!)!;
    for (const [name, field] of Object.entries(schema.shape)) {
      const { description, ...form } = z.toJSONSchema(field, { target: 'openapi-3.0', io: 'input' });
      ApiHeader({ name, description, required: !field.safeParse(undefined).success, schema: form as object })(
        target,
        key!,
        descriptor,
      );
    }
    // Not as the decorator's data: Nest would take a schema, which has a method `transform`, for a pipe.
    createParamDecorator((_data: unknown, context) => read(schema, context))()(target, key, index);
  };
}

function read(schema: z.ZodObject, context: ExecutionContext): unknown {
  const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
  const sent = Object.keys(schema.shape).map((name) => [name, headers[name.toLowerCase()]]);
  const result = schema.safeParse(Object.fromEntries(sent));
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues as [z.core.$ZodIssue];
  throw new ProblemException({
    code: 'invalid_header',
    detail: `The header ${String(path[0])} ${message}`,
  });
}
