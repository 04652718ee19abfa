import type { ExpenseFields } from '../expenses/expense.schema.js';

/** Two expenses for a first look, as in many a tutorial on securing an API. */
export const twoExpenses: readonly ExpenseFields[] = [
  {
    date: '2021-07-05',
    description: 'Pizza for a Coding Dojo session.',
    value: 102,
    currency: 'USD',
    category: 'food',
  },
  {
    date: '2021-08-02',
    description: 'Coffee for the hack night.',
    value: 42,
    currency: 'USD',
    category: 'food',
  },
];

const kinds = [
  { category: 'food', descriptions: ['Lunch', 'Team dinner', 'Coffee with a client'], from: 4, to: 90 },
  {
    category: 'travel',
    descriptions: ['Train ticket', 'Taxi', 'Flight to the conference'],
    from: 8,
    to: 640,
  },
  { category: 'lodging', descriptions: ['Hotel, one night', 'Hotel, two nights'], from: 70, to: 380 },
  { category: 'office', descriptions: ['Notebooks', 'Monitor', 'Keyboard', 'Desk lamp'], from: 3, to: 420 },
  { category: 'software', descriptions: ['Licence, one month', 'Hosting'], from: 5, to: 120 },
  { category: null, descriptions: ['Parking', 'Postage', 'Gift for a guest'], from: 2, to: 60 },
] as const;

const DAY_MS = 86_400_000;

/**
 * Expenses of a busy person: some hundreds, in two currencies.
 * @param lastDay the last of the 365 days that they are spread over
 */
export function yearOfExpenses(lastDay: Date): ExpenseFields[] {
  const random = pseudoRandom(20_210_705);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  return Array.from({ length: 365 }, (_, daysAgo) => new Date(lastDay.getTime() - daysAgo * DAY_MS))
    .toReversed()
    .flatMap((day) =>
      Array.from({ length: Math.floor(random() * 3) }, () => {
        const { category, descriptions, from, to } = pick(kinds);
        return {
          date: day.toISOString().slice(0, 10),
          description: pick(descriptions),
          value: Math.round((from + random() * (to - from)) * 100) / 100,
          currency: random() < 0.7 ? 'USD' : 'EUR',
          category,
        };
      }),
    );
}

/** Numbers from 0 up to, but without, 1, the same every time (a linear congruential generator). */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
