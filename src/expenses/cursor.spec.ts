import { assert, constantFrom, date, property, string, uuid } from 'fast-check';
import { decodeCursor, encodeCursor } from './cursor.js';
import { EVERYBODY, owner } from './owner.js';

const alice = owner.parse('auth0|alice');
const days = date({ min: new Date('1900-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }).map(
  (day) => day.toISOString().slice(0, 10),
);

describe('A cursor', () => {
  it('gives back every position that it was made of', () => {
    assert(
      property(days, uuid(), constantFrom(alice, EVERYBODY), (day, id, owners) => {
        const cursor = encodeCursor({ date: day, id }, owners, { text: 'x' });
        expect(decodeCursor(cursor, owners, { text: 'x' })).toEqual({ date: day, id });
      }),
    );
  });

  it('is good for one owner and one set of filters', () => {
    const cursor = encodeCursor({ date: '2026-01-01', id: '0190a0a0-0000-7000-8000-000000000000' }, alice, {
      text: 'x',
    });
    expect(decodeCursor(cursor, owner.parse('auth0|bob'), { text: 'x' })).toBeUndefined();
    expect(decodeCursor(cursor, EVERYBODY, { text: 'x' })).toBeUndefined();
    expect(decodeCursor(cursor, alice, {})).toBeUndefined();
    expect(decodeCursor(cursor, alice, { category: 'x' })).toBeUndefined();
  });

  it('is nothing else than what was encoded', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 60 }), (text) => {
        expect(decodeCursor(text, alice, {})).toBeUndefined();
      }),
    );
    assert(
      property(
        string({ unit: constantFrom('A', 'B', 'a', 'b', '0', '1', '-', '_'), minLength: 38, maxLength: 38 }),
        (text) => {
          expect(decodeCursor(text, alice, {})).toBeUndefined();
        },
      ),
    );
  });
});
