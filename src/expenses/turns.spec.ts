import { TooManyRequests } from '../limits/too-many-requests.js';
import { shareOfPool, Turns } from './turns.js';

describe('turns', () => {
  it('are one for each caller, and so many for all', () => {
    const turns = new Turns('too_many_imports', 2);
    const giveBack = turns.take('alice');
    expect(() => turns.take('alice')).toThrow(TooManyRequests);
    turns.take('bob');
    expect(() => turns.take('carol')).toThrow(TooManyRequests);
    giveBack();
    turns.take('carol');
    expect(() => turns.take('alice')).toThrow(TooManyRequests);
  });

  it('say when to come again', () => {
    const turns = new Turns('too_many_exports', 0);
    expect(() => turns.take('alice')).toThrow(
      expect.objectContaining({ headers: { 'retry-after': '5' } }) as Error,
    );
  });

  it.each([
    [1, 1],
    [4, 1],
    [10, 2],
    [100, 25],
  ])('of a pool of %d are %d', (poolSize, share) => {
    expect(shareOfPool(poolSize)).toBe(share);
  });
});
