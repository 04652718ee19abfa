import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..', '..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const unit = read('deploy', 'systemd', 'expenses-api.service');
const migration = read('deploy', 'systemd', 'expenses-api-migrate.service');

/** All values of a setting of a unit, in their order. */
const valuesOf = (text: string, name: string) =>
  [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value!);

describe('the units of systemd', () => {
  it('start what a build makes, as the image does', () => {
    const [, command] = /^CMD (\[.*\])$/m.exec(read('Dockerfile').split('AS api')[1]!)!;
    const [, ...parameters] = JSON.parse(command!) as string[];
    expect(valuesOf(unit, 'ExecStart')).toEqual([
      ['/usr/bin/node', ...parameters].join(' ').replace('dist/', '/opt/expenses-api/dist/'),
    ]);
    for (const text of [unit, migration]) {
      const [, program] = / \/opt\/expenses-api\/dist\/(.*)\.js$/.exec(valuesOf(text, 'ExecStart')[0]!)!;
      expect(existsSync(join(ROOT, 'src', `${program}.ts`))).toBe(true);
    }
  });

  it('start without a file of settings, which may stand in .env', () => {
    for (const text of [unit, migration]) {
      expect(valuesOf(text, 'EnvironmentFile')[0]).toBe('-/etc/expenses-api.env');
    }
  });

  it('read the password from the file that they demand', () => {
    const [name] = valuesOf(unit, 'LoadCredential')[0]!.split(':');
    expect(valuesOf(unit, 'Environment')).toContain(`DATABASE_PASSWORD_FILE=%d/${name}`);
  });
});
