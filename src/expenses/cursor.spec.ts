import { assert, constantFrom, date, integer, property, string, uuid } from 'fast-check';
import { decodeCursor, encodeCursor, type List } from './cursor.js';
import { EVERYBODY, owner } from './owner.js';

const alice = owner.parse('auth0|alice');
const id = '0190a0a0-0000-7000-8000-000000000000';
const list = (changes: Partial<List> = {}): List => ({
  owners: alice,
  filters: {},
  sort: '-date',
  ...changes,
});
const days = date({ min: new Date('1900-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }).map(
  (day) => day.toISOString().slice(0, 10),
);
/** Every value that is kept: 11 digits before the point and four after it. */
const values = integer({ min: -(10 ** 15) + 1, max: 10 ** 15 - 1 }).map((units) => String(units / 10 ** 4));

describe('A cursor', () => {
  it('gives back every position that it was made of', () => {
    assert(
      property(days, uuid(), constantFrom(alice, EVERYBODY), (at, of, owners) => {
        for (const sort of ['date', '-date'] as const) {
          const made = list({ owners, sort, filters: { text: 'x' } });
          expect(decodeCursor(encodeCursor({ at, id: of }, made), made)).toEqual({ at, id: of });
        }
      }),
    );
    assert(
      property(values, uuid(), (at, of) => {
        const made = list({ sort: '-value' });
        expect(decodeCursor(encodeCursor({ at, id: of }, made), made)).toEqual({ at, id: of });
      }),
    );
  });

  it('is good for one owner, one set of filters and one order', () => {
    const cursor = encodeCursor({ at: '2026-01-01', id }, list({ filters: { text: 'x' } }));
    const same = { filters: { text: 'x' } };
    expect(decodeCursor(cursor, list(same))).toBeDefined();
    expect(decodeCursor(cursor, list({ ...same, owners: owner.parse('auth0|bob') }))).toBeUndefined();
    expect(decodeCursor(cursor, list({ ...same, owners: EVERYBODY }))).toBeUndefined();
    expect(decodeCursor(cursor, list({ ...same, sort: 'date' }))).toBeUndefined();
    expect(decodeCursor(cursor, list())).toBeUndefined();
    expect(decodeCursor(cursor, list({ filters: { category: 'x' } }))).toBeUndefined();
  });

  it('is nothing for a place that no expense has, though its checksum fits', () => {
    for (const at of ['+012345-01-01', '-000001-01-01', '1899-12-31']) {
      const made = list();
      expect(decodeCursor(encodeCursor({ at, id }, made), made)).toBeUndefined();
    }
    for (const at of ['100000000000', '-1e14']) {
      const made = list({ sort: 'value' });
      expect(decodeCursor(encodeCursor({ at, id }, made), made)).toBeUndefined();
    }
  });

  it('is nothing else than what was encoded', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 60 }), (text) => {
        expect(decodeCursor(text, list())).toBeUndefined();
      }),
    );
    assert(
      property(
        string({ unit: constantFrom('A', 'B', 'a', 'b', '0', '1', '-', '_'), minLength: 43, maxLength: 43 }),
        (text) => {
          expect(decodeCursor(text, list())).toBeUndefined();
        },
      ),
    );
  });
});
