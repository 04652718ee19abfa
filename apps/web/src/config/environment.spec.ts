import { InvalidEnvironment, parseEnvironment } from './environment.js';

const valid = {
  ISSUER_BASE_URL: 'https://tenant.example.com/',
  CLIENT_ID: 'expenses-web',
  CLIENT_SECRET: 'the-client-secret',
  API_URL: 'https://api.example.com/v1',
  API_AUDIENCE: 'https://expenses-api',
  SESSION_SECRET: 'a session secret of 32 characters',
};

function faultsOf(variables: Record<string, unknown>): readonly string[] {
  try {
    parseEnvironment(variables);
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.faults;
    throw error;
  }
  return [];
}

describe('The environment of the web application', () => {
  it('needs no more than the issuer, the client, the API and a session secret', () => {
    expect(parseEnvironment(valid)).toMatchObject({ PORT: 3000, BASE_URL: 'http://localhost:3000' });
  });

  it('gives the API a path to append to, and the base URL none', () => {
    const environment = parseEnvironment({ ...valid, BASE_URL: 'https://app.example.com/' });
    expect(environment.API_URL).toBe('https://api.example.com/v1/');
    expect(environment.BASE_URL).toBe('https://app.example.com');
  });

  it('names every fault at once', () => {
    expect(faultsOf({ PORT: '70000', BASE_URL: 'nonsense', CLIENT_SECRET: '' })).toEqual([
      'PORT must be a whole number from 0 to 65535',
      'BASE_URL must be a URL such as https://tenant.example.com',
      'ISSUER_BASE_URL is missing',
      'CLIENT_ID is missing',
      'CLIENT_SECRET is missing',
      'API_URL is missing',
      'API_AUDIENCE is missing',
      'SESSION_SECRET is missing',
    ]);
  });

  it('never repeats a value, which may be a secret', () => {
    const variables = {
      ...valid,
      SESSION_SECRET: 'hunter2',
      API_URL: 'https://user:hunter2@api.example.com',
    };
    const faults = faultsOf(variables);
    expect(faults).toHaveLength(2);
    expect(faults.join()).not.toContain('hunter2');
  });

  it.each(['ISSUER_BASE_URL', 'API_URL', 'BASE_URL'])('refuses http for %s but on this machine', (name) => {
    expect(faultsOf({ ...valid, [name]: 'http://example.com' })).toEqual([
      `${name} must use https unless its host is this machine`,
    ]);
    expect(faultsOf({ ...valid, [name]: 'http://localhost.example.com' })).toHaveLength(1);
    expect(faultsOf({ ...valid, [name]: 'http://127.0.0.1:8080' })).toEqual([]);
  });

  it('refuses a base URL with a path', () => {
    expect(faultsOf({ ...valid, BASE_URL: 'https://example.com/app' })).toEqual([
      'BASE_URL must be an origin such as https://app.example.com',
    ]);
  });
});
