import { isReplica, refusalOf } from './redis.refusal.js';

it.each([
  ['NOAUTH Authentication required.', 'NOAUTH'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'WRONGPASS'],
  ["READONLY You can't write against a read only replica.", 'READONLY'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'OOM'],
  ["NOPERM User app has no permissions to run the 'eval' command", 'NOPERM'],
  ['Command timed out', 'Error'],
])('of %j only the first word is told: %s', (message, word) => {
  expect(refusalOf(new Error(message))).toBe(word);
});

it('a system error is told by its code', () => {
  expect(
    refusalOf(Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:6379'), { code: 'ECONNREFUSED' })),
  ).toBe('ECONNREFUSED');
});

it('a replica is recognised in the words of a command and in those of a script', () => {
  expect(isReplica(new Error("READONLY You can't write against a read only replica."))).toBe(true);
  expect(isReplica(new Error("ERR Error running script: -READONLY You can't write"))).toBe(true);
  expect(isReplica(new Error('OOM command not allowed'))).toBe(false);
});
