import type { ExpensesRepository } from './storage/expenses.repository.js';
import { EVERYBODY, owner, type Owners } from './owner.js';

// Never run, but compiled by `npm run typecheck`: an error that does not come is an error there.
const list = (owners: Owners) => ({ owners, filters: {}, sort: '-date' }) as const;
const queries = (repository: ExpensesRepository, subject: string) => [
  repository.list(list(owner.parse(subject)), { limit: 1 }),
  repository.list(list(EVERYBODY), { limit: 1 }),
  // @ts-expect-error -- a plain string is no owner
  repository.list(list(subject), { limit: 1 }),
  // @ts-expect-error -- nor is nobody
  repository.list(list(undefined), { limit: 1 }),
  // @ts-expect-error -- there is no query without one
  repository.find('0190a0a0-0000-7000-8000-000000000000'),
  // @ts-expect-error -- and nobody writes for everybody
  repository.remove({ owner: EVERYBODY }, '0190a0a0-0000-7000-8000-000000000000', () => {}),
];

describe('An owner', () => {
  it.each(['', '\u0000', 'a\nb', '\ud800', 'x'.repeat(256)])('is never %j', (subject) => {
    expect(owner.safeParse(subject).success).toBe(false);
  });

  it.each(['auth0|alice', 'lab-cli@clients', 'Jürgen'])('may be %j', (subject) => {
    expect(owner.parse(subject)).toBe(subject);
  });

  it('is needed by every query, as the compiler checks', () => {
    expect(queries).toBeInstanceOf(Function);
  });
});
