import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (file: string) => readFileSync(join(import.meta.dirname, '..', '..', file), 'utf8');
const permissionsIn = (text: string) => [...new Set(text.match(/\b[a-z]+:[a-z_]+\b/g))].toSorted();

describe('the README', () => {
  it('tells whoever sets up an issuer of every permission that a route speaks of', () => {
    const routes = JSON.parse(read('access.json')) as readonly { access: string; optional?: string[] }[];
    const asked = routes.flatMap(({ access, optional }) => [access, optional]).flat();
    const [step] = /^2\. Give it the permissions [^.]*/m.exec(read('README.md'))!;
    expect(permissionsIn(step)).toEqual(permissionsIn(asked.join()));
  });
});
