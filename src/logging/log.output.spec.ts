import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileWriter, LogOutput } from './log.output.js';

describe('LogOutput', () => {
  let failure: string | undefined;
  const written: string[] = [];
  const output = new LogOutput((text) => {
    if (failure === undefined) written.push(text);
    return failure;
  });

  it('counts the lines that could not be written, and the audit events among them', () => {
    output.write('{"msg":"one"}\n');
    failure = 'ENOSPC';
    output.write('{"msg":"two"}\n{"level":"info","type":"audit"}\n');
    expect(written).toEqual(['{"msg":"one"}\n']);
    expect(output.lost).toEqual({ lines: 2, auditEvents: 1, isLosing: true });
  });

  it('loses nothing more once there is room', () => {
    failure = undefined;
    output.write('{"msg":"three"}\n');
    expect(written).toHaveLength(2);
    expect(output.lost).toEqual({ lines: 2, auditEvents: 1, isLosing: false });
  });
});

describe('fileWriter', () => {
  it('says why a device takes nothing', () => {
    const full = openSync('/dev/full', 'w');
    expect(fileWriter(full)('line\n')).toBe('ENOSPC');
    closeSync(full);
  });

  it('writes to a file at once', () => {
    const folder = mkdtempSync(join(tmpdir(), 'expenses-log-'));
    const file = openSync(join(folder, 'log'), 'a');
    expect(fileWriter(file)('line\n')).toBeUndefined();
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('line\n');
    closeSync(file);
    rmSync(folder, { recursive: true });
  });
});
