import * as fc from 'fast-check';
import { AuthError, InvalidRequest, MissingToken } from '../auth.errors.js';
import { bearerToken, type BearerRequest } from './bearer-token.js';

const requestWith = (authorization?: string, others: Partial<BearerRequest> = {}): BearerRequest => ({
  headers: { authorization },
  raw: { rawHeaders: authorization === undefined ? [] : ['Authorization', authorization] },
  ...others,
});

const b64token = fc.stringMatching(/^[A-Za-z0-9\-._~+/]{1,300}={0,2}$/);
const scheme = fc.constantFrom('Bearer', 'bearer', 'BEARER', 'bEARER');
const spaces = fc.integer({ min: 1, max: 5 }).map((count) => ' '.repeat(count));
// What a header can hold, and what it cannot: the parser does not rely on Node to keep that out.
const anyHeader = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.tuple(scheme, fc.string({ unit: 'grapheme' })).map((parts) => parts.join(' ')),
  fc
    .array(fc.constantFrom('Bearer', ' ', '\t', ',', '=', '"', 'a', '.', '\n', '\0'), { maxLength: 20 })
    .map((parts) => parts.join('')),
);

function outcomeOf(request: BearerRequest): unknown {
  try {
    return bearerToken(request);
  } catch (error) {
    return error;
  }
}

describe('bearerToken', () => {
  it('gives back any b64token behind the scheme in any case and any number of spaces', () => {
    fc.assert(
      fc.property(scheme, spaces, b64token, (name, space, token) => {
        expect(bearerToken(requestWith(`${name}${space}${token}`))).toBe(token);
      }),
    );
  });

  it('throws nothing but errors of the bearer scheme, whatever the header says', () => {
    fc.assert(
      fc.property(anyHeader, (authorization) => {
        const outcome = outcomeOf(requestWith(authorization));
        expect(outcome instanceof AuthError || /^[A-Za-z0-9\-._~+/]+=*$/.test(outcome as string)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('never repeats the header in an error', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9]{20,40}$/), (secret) => {
        for (const header of [
          `Bearer "${secret}"`,
          `Bearer a ${secret}`,
          `${secret} x`,
          `Bearer\t${secret}`,
        ]) {
          const error = outcomeOf(requestWith(header)) as AuthError;
          expect(error).toBeInstanceOf(AuthError);
          const message = JSON.stringify([error, error.message, error.challenge]);
          expect(message).not.toContain(secret);
        }
      }),
    );
  });

  it('refuses a second Authorization header wherever it is and however it is written', () => {
    const other = fc.tuple(fc.constantFrom('Accept', 'X-Authorization', 'Host'), fc.constant('x'));
    const name = fc.mixedCase(fc.constant('authorization'));
    fc.assert(
      fc.property(fc.array(other), fc.array(other), name, name, (before, between, first, second) => {
        const rawHeaders = [...before, [first, 'Bearer a'], ...between, [second, 'Bearer b']].flat();
        expect(() => bearerToken(requestWith('Bearer a', { raw: { rawHeaders } }))).toThrow(InvalidRequest);
      }),
    );
  });

  it.each([
    ['the query', { query: { access_token: 'a' } }],
    ['the query, twice', { query: { access_token: ['a', 'b'] } }],
    ['the query, empty', { query: { access_token: '' } }],
    ['the query without prototype', { query: Object.assign(Object.create(null), { access_token: 'a' }) }],
    ['the body', { body: { access_token: 'a' } }],
  ])('refuses a token in %s, with or without a header', (_title, place) => {
    for (const authorization of [undefined, 'Bearer a']) {
      expect(() => bearerToken(requestWith(authorization, place))).toThrow(InvalidRequest);
    }
  });

  it('takes no inherited parameter for a token', () => {
    const inherited = Object.create({ access_token: 'a' }) as object;
    expect(bearerToken(requestWith('Bearer a', { query: inherited, body: inherited }))).toBe('a');
  });

  it('looks at tokens of any length, since the server bounds all headers', () => {
    const long = 'a'.repeat(100_000);
    expect(bearerToken(requestWith(`Bearer ${long}`))).toBe(long);
    expect(() => bearerToken(requestWith(`Bearer ${long}!`))).toThrow(InvalidRequest);
  });

  it('finds no token in other schemes', () => {
    for (const authorization of [undefined, 'Basic eDp5', 'DPoP a', 'Bearerx a', 'Negotiate']) {
      expect(() => bearerToken(requestWith(authorization))).toThrow(MissingToken);
    }
  });
});
