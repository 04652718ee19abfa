import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DatabaseUnavailable, withNamedErrors } from './database.errors.js';
import { OutageLog } from './outage.log.js';

const lines: string[] = [];
let outages: OutageLog;

beforeEach(() => {
  jest.useFakeTimers();
  lines.length = 0;
  for (const level of ['log', 'warn'] as const) {
    jest.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => lines.push(String(line)));
  }
  outages = new OutageLog();
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' });

it('an outage is told with its first failure, a count each minute, and its end', () => {
  for (let failures = 0; failures < 100; failures += 1) outages.failed('57P01');
  expect(lines).toEqual(['The database cannot answer (57P01)']);
  jest.advanceTimersByTime(60_000);
  for (let failures = 0; failures < 7; failures += 1) outages.failed('ECONNREFUSED');
  jest.advanceTimersByTime(60_000);
  outages.failed('ECONNREFUSED');
  jest.advanceTimersByTime(1_000);
  outages.succeeded();
  outages.succeeded();
  expect(lines.slice(1)).toEqual([
    'The database could not answer 99 times within a minute (57P01)',
    'The database could not answer 7 times within a minute (ECONNREFUSED)',
    'The database answers again, after 121 s and 108 failures',
  ]);
});

it('one that comes and goes has a few lines a minute', () => {
  for (let turns = 0; turns < 1000; turns += 1) {
    outages.failed('55P03');
    outages.succeeded();
  }
  jest.advanceTimersByTime(60_000);
  expect(lines).toEqual([
    'The database cannot answer (55P03)',
    'The database answers again, after 0 s and 1 failures',
    'The database could not answer 999 times within a minute (55P03)',
  ]);
  jest.advanceTimersByTime(600_000);
  outages.failed('55P03');
  expect(lines.slice(3)).toEqual(['The database cannot answer (55P03)']);
});

it('names the code and nothing else of an error', async () => {
  await expect(withNamedErrors(() => Promise.reject(refused), outages)).rejects.toBeInstanceOf(
    DatabaseUnavailable,
  );
  await withNamedErrors(async () => 'answer', outages);
  expect(lines).toEqual([
    'The database cannot answer (ECONNREFUSED)',
    'The database answers again, after 0 s and 1 failures',
  ]);
});

it('tells of connections that the pool could not make', async () => {
  const unavailable = new DatabaseUnavailable(refused);
  await expect(withNamedErrors(() => Promise.reject(unavailable), outages)).rejects.toBe(unavailable);
  expect(lines).toEqual(['The database cannot answer (ECONNREFUSED)']);
});
