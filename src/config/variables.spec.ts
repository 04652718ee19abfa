import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readVariables } from './variables.js';

const names = ['DATABASE_URL', 'METRICS_PORT', 'DATABASE_PASSWORD', 'DATABASE_PASSWORD_FILE'];
const valuesOf = (variables: Record<string, unknown>) => readVariables(variables, names).values;

it.each([
  ['"info"', 'info'],
  ["'info'", 'info'],
  ['"it\'s"', "it's"],
  ['info"', 'info"'],
  ['"', '"'],
])('the value %s means %s', (written, meant) => {
  expect(valuesOf({ LOG_LEVEL: written })).toStrictEqual({ LOG_LEVEL: meant });
});

it.each(['', '""', "''"])('the value %j counts as absent', (written) => {
  expect(valuesOf({ LOG_LEVEL: written })).toStrictEqual({});
});

it('what Kubernetes says of a service called metrics is no setting', () => {
  expect(valuesOf({ METRICS_PORT: 'tcp://10.96.0.7:9464' })).toStrictEqual({});
  expect(valuesOf({ METRICS_PORT: '9464' })).toStrictEqual({ METRICS_PORT: '9464' });
});

describe('NAME_FILE', () => {
  const folder = mkdtempSync(join(tmpdir(), 'expenses-secrets-'));
  const file = join(folder, 'secret');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is the value of NAME, without the line break at its end', () => {
    writeFileSync(file, 'postgres://u:p%23 @db/x\n');
    expect(valuesOf({ DATABASE_URL_FILE: file })).toMatchObject({ DATABASE_URL: 'postgres://u:p%23 @db/x' });
  });

  it('that cannot be read is named, without its path', () => {
    expect(readVariables({ DATABASE_URL_FILE: join(folder, 'none') }, names).faults).toStrictEqual([
      'DATABASE_URL_FILE names a file that cannot be read (ENOENT)',
    ]);
  });

  it('beside NAME is a fault, for one of them would be ignored', () => {
    expect(readVariables({ DATABASE_URL_FILE: file, DATABASE_URL: 'x' }, names).faults).toStrictEqual([
      'DATABASE_URL and DATABASE_URL_FILE are both set; only one of them may be',
    ]);
  });

  it('that is a setting itself is left to those who read it again and again', () => {
    expect(valuesOf({ DATABASE_PASSWORD_FILE: file })).toStrictEqual({ DATABASE_PASSWORD_FILE: file });
  });
});
