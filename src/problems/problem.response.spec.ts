import { NotFoundException } from '@nestjs/common';
import * as fc from 'fast-check';
import { ProblemException } from './problem.exception.js';
import { problemBody, toProblem } from './problem.response.js';

describe('toProblem', () => {
  it('leaves our own errors as they are', () => {
    const error = new ProblemException({ status: 409, code: 'conflict' });
    expect(toProblem(error)).toBe(error);
  });

  it('says of the errors of others only what their status says', () => {
    const quoting = Object.assign(new Error("'/secret' is not a valid url component"), { statusCode: 400 });
    expect(toProblem(quoting).problem).toStrictEqual({
      status: 400,
      code: 'malformed_request',
      detail: 'The request is malformed',
    });
    expect(toProblem(new NotFoundException('Cannot GET /secret')).problem).toMatchObject({
      code: 'not_found',
    });
  });

  it('names client errors that it does not know', () => {
    expect(toProblem({ statusCode: 418 }).problem).toMatchObject({ status: 418, code: 'bad_request' });
  });

  it('makes a problem of whatever is thrown, and shows nothing of it', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), fc.uuid(), (thrown, secret) => {
        for (const error of [thrown, new Error(secret), { message: secret, statusCode: thrown }]) {
          const exception = toProblem(error);
          expect(exception.problem.status).toBeGreaterThanOrEqual(400);
          expect(problemBody(exception, 'id')).not.toContain(secret);
        }
      }),
    );
  });
});

describe('problemBody', () => {
  it('writes the members of RFC 9457 and leaves out what there is not', () => {
    expect(JSON.parse(problemBody(new ProblemException('not_found'), 'abc'))).toStrictEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      code: 'not_found',
      detail: 'There is nothing here',
      requestId: 'abc',
    });
  });

  it('gives a code that says more than its status a type of its own', () => {
    const body = problemBody(
      new ProblemException('invalid_import'),
      'abc',
      'https://api.example.com/problems',
    );
    expect(JSON.parse(body)).toMatchObject({
      type: 'https://api.example.com/problems#invalid_import',
      title: 'Unprocessable Content',
    });
  });
});
