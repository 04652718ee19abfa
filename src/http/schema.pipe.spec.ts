import type { ArgumentMetadata } from '@nestjs/common';
import * as fc from 'fast-check';
import { z } from 'zod';
import { ProblemException } from '../problems/problem.exception.js';
import { SchemaPipe } from './schema.pipe.js';

const pipe = new SchemaPipe();

async function faultsOf(schema: z.ZodType, value: unknown, type: ArgumentMetadata['type'] = 'body') {
  try {
    await pipe.transform(value, { type, schema } as ArgumentMetadata);
    return undefined;
  } catch (error) {
    if (error instanceof ProblemException) return error.problem;
    throw error;
  }
}

/** What a pointer in its URI fragment form leads to (RFC 6901, 4 and 6). */
function follow(pointer: string, value: unknown): unknown {
  expect(pointer).toMatch(/^#(\/|$)/);
  const names = pointer.slice(1).split('/').slice(1);
  return names
    .map((name) => decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((parent, name) => (parent as Record<string, unknown>)[name], value);
}

it('gives a valid value as the schema makes it', async () => {
  const schema = z.object({ limit: z.coerce.number().default(50) });
  expect(await pipe.transform({}, { type: 'query', schema } as ArgumentMetadata)).toStrictEqual({
    limit: 50,
  });
});

it('leaves alone what has no schema, and what decorators of ours inject', async () => {
  const value = { a: 1 };
  expect(await pipe.transform(value, { type: 'body' })).toBe(value);
  expect(await pipe.transform(value, { type: 'custom', schema: z.never() } as ArgumentMetadata)).toBe(value);
});

it('names every fault at once: 422 for a body, 400 for a query or path', async () => {
  const schema = z.strictObject({ a: z.string(), b: z.array(z.number()) });
  const value = { a: 1, b: [1, 'x'], 'c/d~e f': 2 };
  const expected = ['#/a', '#/b/1', '#/c~1d~0e%20f'];
  const body = await faultsOf(schema, value);
  expect(body).toMatchObject({ status: 422, code: 'invalid_body' });
  expect(body?.errors?.map(({ pointer }) => pointer)).toStrictEqual(expected);
  for (const type of ['query', 'param'] as const) {
    expect(await faultsOf(schema, value, type)).toMatchObject({ status: 400, code: 'invalid_parameters' });
  }
});

it('names the parameter that a fault is in', async () => {
  const metadata = { type: 'param', data: 'id', schema: z.uuid() } as ArgumentMetadata;
  await expect(async () => pipe.transform('x', metadata)).rejects.toMatchObject({
    problem: { status: 400, errors: [{ pointer: '#/id' }] },
  });
});

it('points at the member that is wrong, whatever its name', async () => {
  const names = fc
    .string({ unit: 'grapheme', maxLength: 90 })
    .filter((name) => name !== '__proto__' && name.length <= 100);
  await fc.assert(
    fc.asyncProperty(names, names, async (outer, inner) => {
      const value = { [outer]: { [inner]: 'wrong' } };
      const schema = z.record(z.string(), z.record(z.string(), z.number()));
      const faults = await faultsOf(schema, value);
      expect(faults?.errors?.map(({ pointer }) => follow(pointer, value))).toStrictEqual(['wrong']);
    }),
  );
});

it('answers any value with a problem of bounded size, and never fails', async () => {
  const schema = z.strictObject({ date: z.string(), value: z.number(), tags: z.array(z.string().max(3)) });
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.anything(), fc.dictionary(fc.string({ unit: 'binary' }), fc.anything())),
      async (value) => {
        const faults = await faultsOf(schema, value);
        expect(faults?.errors?.length).toBeGreaterThan(0);
        for (const { pointer } of faults?.errors ?? [])
          expect(() => decodeURIComponent(pointer)).not.toThrow();
      },
    ),
  );
});

it('lists no more than a hundred faults, and repeats no long names', async () => {
  const members = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`${index}`.padEnd(5000, 'x'), 1]),
  );
  const unknown = await faultsOf(z.strictObject({}), members);
  expect(unknown?.errors).toHaveLength(100);
  expect(unknown?.errors?.every(({ pointer }) => pointer.length <= 110)).toBe(true);
  const wrong = await faultsOf(z.array(z.number()), Array(500).fill('x'));
  expect(wrong?.errors).toHaveLength(100);
});

it('repeats no value', async () => {
  const schema = z.object({
    a: z.enum(['x']),
    b: z.iso.date(),
    c: z.number().max(1),
    d: z.literal('y'),
    e: z.email(),
  });
  const secret = 'correct-horse-battery';
  const faults = await faultsOf(schema, { a: secret, b: secret, c: secret, d: secret, e: secret });
  expect(JSON.stringify(faults)).not.toContain(secret);
});
