import { ApiRefusal } from '../api/api.errors.js';
import { Formats } from '../locale/formats.js';
import { draftOf, expenseOf, formOf, patchOf, refusedForm, submissionOf } from './expense-form.js';

const ENGLISH = Formats.in('en');
const GERMAN = Formats.in('de');

const typed = {
  date: '2026-03-01',
  description: ' Taxi ',
  value: '12.50',
  currency: 'eur',
  category: '',
  csrf: 'x',
};

describe('The form that adds an expense', () => {
  it('becomes the request body of the API: trimmed, without empty fields, the value a number', () => {
    expect(expenseOf(typed, ENGLISH)).toEqual({
      date: '2026-03-01',
      description: 'Taxi',
      value: 12.5,
      currency: 'EUR',
    });
  });

  it.each(['twelve', '1,5,5', '1e3', '0x10', '--1', '1'.repeat(16)])(
    'leaves it to the API to refuse the value %p',
    (value) => {
      expect(expenseOf({ ...typed, value }, ENGLISH)).toMatchObject({ value });
    },
  );

  it('reads the value in the language of the page', () => {
    expect(expenseOf({ ...typed, value: '1.234,50' }, GERMAN)).toMatchObject({ value: 1234.5 });
    expect(expenseOf({ ...typed, value: '1.234' }, GERMAN)).toMatchObject({ value: 1234 });
    expect(expenseOf({ ...typed, value: '1.234' }, ENGLISH)).toMatchObject({ value: 1.234 });
  });

  it('empties what is left empty in an expense that exists', () => {
    expect(patchOf({ ...typed, description: ' ' }, ENGLISH)).toEqual({
      date: '2026-03-01',
      description: '',
      value: 12.5,
      currency: 'EUR',
      category: null,
    });
  });

  it('is filled with an expense so that it is read as the same expense', () => {
    const expense = {
      date: '2026-03-01',
      description: 'Taxi',
      value: -1234.5,
      currency: 'EUR',
      category: null,
    };
    expect(formOf(expense, GERMAN).values['value']).toBe('-1234,50');
    expect(patchOf(formOf(expense, GERMAN).values, GERMAN)).toEqual(expense);
  });

  it('is the same submission when it comes back unsent', () => {
    const submission = '0b6b6e2c-8c39-4b7c-9d0a-3d1f3c1e2a4b';
    expect(draftOf({ ...typed, submission })).toMatchObject({ submission, values: { value: '12.50' } });
  });

  it('takes nothing that is not text', () => {
    expect(expenseOf({ date: ['2026-03-01'], value: { $gt: 1 } }, ENGLISH)).toEqual({});
  });

  it('keeps what was typed and shows each fault beside its field', () => {
    const form = refusedForm(
      typed,
      new ApiRefusal(422, {
        errors: [
          { pointer: '#/value', detail: 'must not be zero' },
          { pointer: '#/value', detail: 'must be a number' },
          { pointer: '/date', detail: 'must be a date' },
          { pointer: '#/owner', detail: 'is not known' },
        ],
      }),
    );
    expect(form.values).toMatchObject({ description: 'Taxi', value: '12.50' });
    expect(form.errors).toEqual({ value: 'must not be zero; must be a number', date: 'must be a date' });
    expect(form.otherErrors).toEqual(['is not known']);
  });

  it('never goes without a reason', () => {
    expect(refusedForm(typed, new ApiRefusal(400, { detail: 'Too old' })).otherErrors).toEqual(['Too old']);
    expect(refusedForm(typed, new ApiRefusal(400, {})).otherErrors).toEqual(['The expense was refused.']);
  });

  it('keeps its submission id, unless that was changed', () => {
    const submission = '0b6b6e2c-8c39-4b7c-9d0a-3d1f3c1e2a4b';
    expect(submissionOf({ submission })).toBe(submission);
    expect(submissionOf({ submission: 'a\r\nx: y' })).toMatch(/^[0-9a-f-]{36}$/);
  });
});
