import * as fc from 'fast-check';
import { parseAccessToken } from './access-token.js';
import { InvalidToken } from '../auth.errors.js';

const segment = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const members = fc.dictionary(fc.string(), fc.jsonValue());
const signature = fc
  .uint8Array({ minLength: 1, maxLength: 300 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'));

function errorFor(token: string): unknown {
  try {
    parseAccessToken(token);
    return undefined;
  } catch (error) {
    return error;
  }
}

const reasonFor = (token: string) => (errorFor(token) as InvalidToken | undefined)?.reason ?? 'none';

/** What a token says, however it is spelt. */
const contentOf = (token: string) =>
  token
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString('hex'))
    .join('.');

describe('parseAccessToken', () => {
  it('gives back header, claims, what was signed and the signature, whatever they are', () => {
    fc.assert(
      fc.property(members, members, signature, (header, claims, end) => {
        const signingInput = `${segment(header)}.${segment(claims)}`;
        const parsed = parseAccessToken(`${signingInput}.${end}`);
        expect(parsed).toEqual({
          ...JSON.parse(JSON.stringify({ header, claims })),
          signingInput,
          signature: end,
        });
      }),
    );
  });

  it('gives every token its own header, though the last one is kept', () => {
    const tokens = ['a', 'a', 'b', 'a'].map((kid) =>
      parseAccessToken(`${segment({ kid })}.${segment({})}.AA`),
    );
    expect(tokens.map(({ header }) => header.kid)).toStrictEqual(['a', 'a', 'b', 'a']);
    expect(tokens.every(({ header }) => Object.isFrozen(header))).toBe(true);
  });

  it('throws nothing but InvalidToken, whatever it is given, and repeats nothing of it', () => {
    const text = fc.string({ unit: 'binary' });
    const nearly = fc
      .array(fc.oneof(text, fc.jsonValue().map(segment), fc.base64String(), signature), { maxLength: 7 })
      .map((segments) => segments.join('.'));
    fc.assert(
      fc.property(fc.oneof(text, nearly), (token) => {
        const error = errorFor(token);
        expect(error === undefined || (error instanceof InvalidToken && error.cause === undefined)).toBe(
          true,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('accepts one spelling of each token only', () => {
    fc.assert(
      fc.property(
        members,
        members,
        signature,
        fc.nat(),
        fc.stringMatching(/^[A-Za-z0-9\-_+/=.~]$/),
        (header, claims, end, at, letter) => {
          const token = `${segment(header)}.${segment(claims)}.${end}`;
          const index = at % token.length;
          const other = `${token.slice(0, index)}${letter}${token.slice(index + 1)}`;
          fc.pre(other !== token && reasonFor(other) === 'none');
          expect(contentOf(other)).not.toBe(contentOf(token));
        },
      ),
    );
  });

  it.each(['A', 'AA', 'AAA', 'AAAA'])(
    'takes the last letters that a signature of %s and one more can have',
    (start) => {
      for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
        const end = start + letter;
        const isCanonical = Buffer.from(end, 'base64url').toString('base64url') === end;
        expect([letter, reasonFor(`e30.e30.${end}`)]).toStrictEqual([
          letter,
          isCanonical ? 'none' : 'malformed_token',
        ]);
      }
    },
  );

  it('tells encrypted tokens by their five segments', () => {
    expect(reasonFor('a.b.c.d.e')).toBe('encrypted_token');
    expect(reasonFor('....')).toBe('encrypted_token');
    expect(reasonFor('a.b.c.d')).toBe('malformed_token');
    expect(reasonFor('a.b.c.d.e.f')).toBe('malformed_token');
  });

  it('keeps __proto__ as a member of its own', () => {
    const raw = Buffer.from('{"__proto__":{"alg":"RS256"}}').toString('base64url');
    const { header } = parseAccessToken(`${raw}.${raw}.AA`);
    expect(Object.hasOwn(header, '__proto__')).toBe(true);
    expect(header.alg).toBeUndefined();
  });

  it('takes no text that is not UTF-8, or that starts with a byte order mark', () => {
    for (const bytes of [Buffer.from('{"a":"\xff"}', 'latin1'), Buffer.from('\ufeff{}')]) {
      expect(reasonFor(`${bytes.toString('base64url')}.e30.AA`)).toBe('malformed_token');
    }
  });
});
