import { readEnvironment } from '../../issuer/src/environment.js';
import { parseEnvironment } from '../../../src/config/environment.js';
import { parseEnvironment as parseWeb } from '../src/config/environment.js';

const web = {
  ISSUER_BASE_URL: 'https://tenant.example.com/',
  CLIENT_ID: 'expenses-web',
  CLIENT_SECRET: 'the-client-secret',
  API_URL: 'https://api.example.com/v1',
  API_AUDIENCE: 'https://expenses-api',
  SESSION_SECRET: 'a session secret of 32 characters',
};
const api = { ISSUER_BASE_URL: 'https://tenant.example.com/', ALLOWED_AUDIENCES: 'https://expenses-api' };

const NO_LINES_OF_A_FILE: readonly string[] = [];
const parseApi = (variables: Record<string, string>) => parseEnvironment(variables, NO_LINES_OF_A_FILE);

/** What a program says of a setting, or nothing when it takes it. */
function said(
  parse: (variables: Record<string, string>) => unknown,
  variables: Record<string, string>,
): string {
  try {
    parse(variables);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const settings = [
  ...['', '0', '3000', '65535', '65536', '-1', '3e3', '0x10', ' 80', 'http', '1'.repeat(20)].map((value) => [
    'PORT',
    value,
  ]),
  ...[
    '',
    'http://example.com',
    'http://localhost:3002',
    'http://127.1.2.3',
    'http://localhost.example.com',
  ].map((value) => ['ISSUER_BASE_URL', value]),
  ...[
    'nonsense',
    'ftp://example.com',
    'https://a:b@example.com',
    'https://example.com/?x',
    'https://example.com/a',
  ].map((value) => ['ISSUER_BASE_URL', value]),
  ...[
    '',
    'redis://localhost',
    'rediss://u:p@h:1',
    'redis://localhost/1',
    'redis://localhost/x',
    'redis://localhost?db=x',
    'http://localhost',
    'redis:',
    'localhost:6379',
  ].map((value) => ['REDIS_URL', value]),
  ...['', 'info', 'silent', 'INFO', 'loud'].map((value) => ['LOG_LEVEL', value]),
  ...['', '0', '300', '301', 'soon'].map((value) => ['SHUTDOWN_GRACE', value]),
  ...['', '0', '1', '300', '301'].map((value) => ['SHUTDOWN_TIMEOUT', value]),
] as [string, string][];

describe('The settings that the programs share', () => {
  it.each(settings)('%s=%s means the same to the API and the web application', (name, value) => {
    expect(said(parseWeb, { ...web, [name]: value })).toBe(said(parseApi, { ...api, [name]: value }));
  });

  it.each(settings.filter(([name]) => name === 'PORT'))(
    '%s=%s means the same to the issuer',
    (name, value) => {
      expect(said(readEnvironment, { [name]: value })).toBe(said(parseWeb, { ...web, [name]: value }));
    },
  );
});
