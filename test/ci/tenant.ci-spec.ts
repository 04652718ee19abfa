import { toAuth0Tenant } from '../../src/cli/access/tenant.js';
import { readAccess } from '../../src/cli/read-access.js';
import { ScratchProject } from './support/scratch.js';

/** Reads the file as auth0-deploy-cli does, and runs what it runs before it calls Auth0. */
const VALIDATE = `
const { readFileSync } = require('node:fs');
const { load } = require(require.resolve('js-yaml', { paths: [require.resolve('auth0-deploy-cli')] }));
const { Auth0 } = require('auth0-deploy-cli/lib/tools');
new Auth0({}, load(readFileSync(process.argv[2], 'utf8')), () => undefined).validate().then(
  () => console.log('accepted'),
  (error) => { console.error(error.message); process.exitCode = 1; },
);
`;

let scratch: ScratchProject;

beforeEach(async () => {
  scratch = await ScratchProject.create({ type: 'module' });
});
afterEach(() => scratch?.remove());

describe('the tenant file for Auth0', () => {
  it("is accepted by auth0-deploy-cli's own validation, which refuses one with a fault", async () => {
    await scratch.install('auth0-deploy-cli@8');
    const { permissions } = await readAccess();
    const api = {
      name: 'Expenses API',
      identifier: 'https://expenses-api',
      permissions,
      enforcePermissions: true,
    };
    const tenant = JSON.stringify(toAuth0Tenant({ ...api, profile: 'rfc9068' }));
    await scratch.write('good.yaml', tenant);
    await scratch.write('bad.yaml', tenant.replace('"identifier"', '"audience"'));
    await scratch.write('validate.cjs', VALIDATE);
    expect(await scratch.run('node', 'validate.cjs', 'good.yaml')).toContain('accepted');
    await expect(scratch.run('node', 'validate.cjs', 'bad.yaml')).rejects.toThrow(
      "required property 'identifier'",
    );
  }, 600_000);
});
