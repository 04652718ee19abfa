import * as fc from 'fast-check';
import { claimAt, namesOf, wordsOf } from './claims.js';

describe('claimAt', () => {
  it.each<[string, object, unknown]>([
    ['a', { a: 1 }, 1],
    ['a.b', { a: { b: 1 } }, 1],
    ['a.b.c', { a: { b: { c: 1 } } }, 1],
    ['a.b', { 'a.b': 1, a: { b: 2 } }, 1],
    ['a.b.c', { 'a.b': { c: 1 }, a: { 'b.c': 2, b: { c: 3 } } }, 1],
    ['a.b.c', { a: { 'b.c': 2, b: { c: 3 } } }, 2],
    ['a', { a: null }, null],
    ['a..b', { a: { '.b': 1 } }, 1],
    ['a.b', { a: { b: undefined } }, undefined],
    ['resource_access.my.client.roles', { resource_access: { 'my.client': { roles: 1 } } }, 1],
    ['https://api.example.com/roles', { 'https://api.example.com/roles': 1 }, 1],
    ['https://api.example.com/x.roles', { 'https://api.example.com/x': { roles: 1 } }, 1],
  ])('finds %s in %j', (name, claims, value) => {
    expect(claimAt(claims as Record<string, unknown>, name)).toBe(value);
  });

  it.each<[string, object]>([
    ['b', { a: 1 }],
    ['a.b', {}],
    ['a.b', { a: 1 }],
    ['a.b', { a: null }],
    ['a.b', { a: 'b' }],
    ['a.length', { a: 'text' }],
    ['a.0', { a: ['x'] }],
    ['a.length', { a: ['x'] }],
    ['a.b', { a: [{ b: 1 }] }],
    ['a.', { a: {} }],
    ['.a', { '': { a: 1 } }],
    ['.', { '': { '': 1 } }],
    ['', { a: 1 }],
    ['a.constructor', { a: {} }],
    ['__proto__.x', {}],
    // The longest name that is there decides, even where a shorter one would lead on.
    ['a.b.c', { 'a.b': 1, a: { b: { c: 1 } } }],
  ])('finds nothing for %j in %j', (name, claims) => {
    expect(claimAt(claims as Record<string, unknown>, name)).toBeUndefined();
  });

  it('finds nothing that is inherited, by a name or by a path', () => {
    const claims = JSON.parse('{"a":{"__proto__":{"c":1}}}') as Record<string, unknown>;
    expect(claimAt(claims, 'a.c')).toBeUndefined();
    expect(claimAt(Object.create({ a: 1 }) as Record<string, unknown>, 'a')).toBeUndefined();
    for (const name of ['toString', 'constructor', 'constructor.name', '__proto__']) {
      expect(claimAt({}, name)).toBeUndefined();
    }
  });

  it('finds what was put under any names without dots', () => {
    const name = fc.string({ minLength: 1, maxLength: 5 }).filter((text) => !text.includes('.'));
    const property = fc.property(
      fc.array(name, { minLength: 1, maxLength: 4 }),
      fc.jsonValue(),
      (names, value) => {
        const claims = names.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value);
        expect(claimAt(claims as Record<string, unknown>, names.join('.'))).toStrictEqual(value);
      },
    );
    expect(fc.check(property).failed).toBe(false);
  });
});

describe('words', () => {
  it.each<[unknown, string[]]>([
    ['a b', ['a', 'b']],
    ['  a  b a ', ['a', 'b']],
    ['', []],
    [' ', []],
    ['a\tb', ['a\tb']],
    [
      ['a', 'b', 'a'],
      ['a', 'b'],
    ],
    [['a b'], ['a b']],
    [[], []],
    [['a', 1], []],
    [['a', null], []],
    [[['a']], []],
    [{ a: true }, []],
    [1, []],
    [true, []],
    [null, []],
    [undefined, []],
  ])('of %j are %j', (value, words) => {
    expect(wordsOf(value)).toStrictEqual(words);
  });

  it.each<[unknown, string[]]>([
    [{ a: true, b: {}, c: 0, d: '' }, ['a', 'b', 'c', 'd']],
    [{ a: false, b: null, c: 1 }, ['c']],
    [{}, []],
    ['a b', ['a', 'b']],
    [['a'], ['a']],
    [null, []],
    [[{ a: true }], []],
  ])('and names of %j are %j', (value, names) => {
    expect(namesOf(value)).toStrictEqual(names);
  });
});
