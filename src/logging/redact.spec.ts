import * as fc from 'fast-check';
import { describeError, redactText } from './redact.js';

describe('redactText', () => {
  it.each([
    ['Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl', 'Bearer [redacted]'],
    ['mail to alice@example.com failed', 'mail to [redacted] failed'],
    [`key ${'A1b2'.repeat(11)} is bad`, 'key [redacted] is bad'],
    [
      'Signing keys of https://issuer.example.com/: 2 usable',
      'Signing keys of https://issuer.example.com/: 2 usable',
    ],
    ['request', 'request'],
  ])('turns %j into %j', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it('never lets a token through, whatever stands around it', () => {
    const part = fc.stringMatching(/^[\w-]{8,60}$/);
    fc.assert(
      fc.property(fc.string(), part, part, part, fc.string(), (before, header, claims, signature, after) => {
        const text = redactText(`${before} ${header}.${claims}.${signature} ${after}`);
        expect(text).not.toContain(`${claims}.${signature}`);
      }),
    );
  });
});

describe('describeError', () => {
  it('leaves out the messages of all causes', () => {
    const error = new Error('outer secret', { cause: new Error('inner secret', { cause: 'text secret' }) });
    const described = describeError(error);
    expect(described).toMatchObject({ type: 'Error', cause: { type: 'Error', cause: { type: 'string' } } });
    expect(JSON.stringify(described)).not.toContain('secret');
  });

  it('keeps the code of an error and where it happened', () => {
    const error = Object.assign(new Error('secret'), { code: '23505', detail: 'Key (owner)=(alice)' });
    expect(describeError(error)).toMatchObject({
      code: '23505',
      stack: expect.stringMatching(/redact\.spec/),
    });
    expect(describeError(error)).not.toHaveProperty('detail');
  });

  it('leaves out a message of several lines that looks like a stack', () => {
    const error = new Error('x\n    at secret (of alice)');
    expect(JSON.stringify(describeError(error))).not.toContain('alice');
  });

  it('ends for errors that cause each other', () => {
    const error = new Error('a');
    error.cause = error;
    expect(() => describeError(error)).not.toThrow();
  });
});
