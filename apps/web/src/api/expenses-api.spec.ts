import { nextCursor } from './expenses-api.js';

describe('The cursor of the next page', () => {
  it.each([
    ['<?limit=25&cursor=abc%2Fd>; rel="next"', 'abc/d'],
    ['<http://localhost:3001/?cursor=abc>; rel="next"', 'abc'],
    ['<?limit=25>; rel="first", <?cursor=abc>; rel="next"', 'abc'],
    ['<?cursor=abc>; rel="next", <?limit=25>; rel="first"', 'abc'],
    ['<?limit=25>; rel="first"', undefined],
    ['<?limit=25>; rel="next"', undefined],
    [null, undefined],
  ])('is read from the Link header %p', (link, cursor) => {
    expect(nextCursor(link)).toBe(cursor);
  });
});
