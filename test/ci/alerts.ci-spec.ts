import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '..', '..');

const promtoolIsThere = await execute('promtool', ['--version']).then(
  () => true,
  (error: unknown) => {
    if (process.env.CI === 'true') throw error;
    return false;
  },
);

(promtoolIsThere ? describe : describe.skip)('the alert rules (skipped without promtool)', () => {
  const cwd = join(ROOT, 'deploy', 'prometheus');

  it('are accepted by promtool', async () => {
    const { stdout } = await execute('promtool', ['check', 'rules', 'alerts.yaml'], { cwd });
    expect(stdout).toContain('6 rules found');
  });

  it('fire when they should, and not before', async () => {
    const { stdout } = await execute('promtool', ['test', 'rules', 'alerts.test.yaml'], { cwd });
    expect(stdout).toContain('SUCCESS');
  });
});
