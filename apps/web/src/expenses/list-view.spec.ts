import { addressOf, listViewIn, type ListView, neighboursOf } from './list-view.js';

const again = (view: ListView | undefined) => {
  if (!view) throw new Error('There is no such page');
  return listViewIn(Object.fromEntries(new URL(addressOf('/expenses', view), 'http://here').searchParams));
};

describe('The view of a list', () => {
  it('is the first page, newest first, unless the address says otherwise', () => {
    expect(listViewIn({})).toEqual({ filters: {}, sort: '-date', page: 1, back: [] });
    expect(listViewIn({ sort: 'owner', page: '7', until: '2026-13' })).toEqual(listViewIn({}));
    expect(listViewIn({ sort: ['value'], cursor: ['x'], back: {} })).toEqual(listViewIn({}));
  });

  it('goes forth and back through its pages', () => {
    const first = listViewIn({ text: 'bus', sort: 'value' });
    const second = again(neighboursOf(first, 'c2').next);
    const third = again(neighboursOf(second, 'c3').next);
    expect(third).toMatchObject({
      page: 3,
      cursor: 'c3',
      back: ['c2'],
      filters: { text: 'bus' },
      sort: 'value',
    });
    expect(again(neighboursOf(third, undefined).previous)).toEqual(second);
    expect(again(neighboursOf(second, 'c3').previous)).toEqual(first);
    expect(again(neighboursOf(third, undefined).first)).toEqual(first);
    expect(neighboursOf(first, undefined)).toEqual({});
  });

  it('remembers ten pages to go back, and then the first one', () => {
    let view = listViewIn({});
    for (let page = 2; page <= 20; page += 1) view = again(neighboursOf(view, `c${page}`).next);
    expect(addressOf('/expenses', view).length).toBeLessThan(200);
    for (let page = 19; page > 9; page -= 1) {
      view = again(neighboursOf(view, 'x').previous);
      expect(view).toMatchObject({ page, cursor: `c${page}` });
    }
    expect(neighboursOf(view, 'x').previous).toBeUndefined();
    expect(neighboursOf(view, 'x').first).toMatchObject({ page: 1, cursor: undefined });
  });

  it('tells a field left empty from expenses without a category', () => {
    expect(listViewIn({ category: '' }).filters).toEqual({});
    expect(again(listViewIn({ without: 'category' })).filters).toEqual({ category: '' });
    expect(listViewIn({ without: 'category', category: 'food' }).filters).toEqual({ category: 'food' });
  });
});
