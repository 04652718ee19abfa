import * as fc from 'fast-check';
import { InvalidEnvironment, parseEnvironment } from './environment.js';

const good = { ISSUER_BASE_URL: 'https://tenant.example.com/', ALLOWED_AUDIENCES: 'https://expenses-api' };

function errorFor(variables: Record<string, string | undefined>): InvalidEnvironment | undefined {
  try {
    parseEnvironment({ ...good, ...variables });
    return undefined;
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error;
    throw error;
  }
}
const faultsOf = (variables: Record<string, string | undefined>) => errorFor(variables)?.faults ?? [];
const faultyNames = (variables: Record<string, string | undefined>) =>
  faultsOf(variables)
    .map((fault) => fault.split(' ')[0] as string)
    .toSorted((a, b) => a.localeCompare(b));

it('two variables suffice, and the others have safe defaults', () => {
  expect(parseEnvironment(good)).toMatchObject({
    PORT: 3001,
    HOST: 'localhost',
    BASE_URL: 'http://localhost:3001',
    ALLOWED_AUDIENCES: ['https://expenses-api'],
    CLOCK_TOLERANCE: 10,
    TOKEN_PROFILE: 'jwt',
    GRANTS_FROM: 'scope',
    DATABASE_URL: 'pglite:data',
    TRUST_PROXY: false,
    CORS_ORIGINS: [],
  });
});

it('every faulty variable is named in one message', () => {
  const variables = {
    NODE_ENV: 'staging',
    PORT: '70000',
    BASE_URL: 'api',
    ISSUER_BASE_URL: 'http://tenant.example.com/',
    ALLOWED_AUDIENCES: ' , ',
    JWKS_URI: 'ftp://tenant.example.com/',
    ISSUER: ' , ',
    CLOCK_TOLERANCE: '-1',
    TOKEN_PROFILE: 'jws',
    GRANTS_FROM: 'roles',
    VERIFIED_TOKENS: 'many',
    DATABASE_URL: 'mysql://x',
    REDIS_URL: 'http://x',
    RATE_LIMIT: '1.5',
    FAILED_AUTH_LIMIT: '0x10',
    CORS_ORIGINS: 'https://a.example.com/path',
    TRUST_PROXY: 'true',
    LOG_LEVEL: 'loud',
    DEFAULT_CURRENCY: 'usd',
  };
  expect(new Set(faultyNames(variables))).toStrictEqual(new Set(Object.keys(variables)));
  expect(() => parseEnvironment(variables)).toThrow(/^The environment is not usable:\n(  [A-Z_]+ .+\n)+$/);
});

it('what is missing is named together with what is faulty', () => {
  expect(faultsOf({ ISSUER_BASE_URL: undefined, ALLOWED_AUDIENCES: '', PORT: 'x' })).toStrictEqual(
    expect.arrayContaining(['ISSUER_BASE_URL is missing', 'ALLOWED_AUDIENCES is missing']),
  );
  expect(faultyNames({ ISSUER_BASE_URL: undefined, PORT: 'x', NODE_ENV: 'production' })).toStrictEqual([
    'BASE_URL',
    'DATABASE_URL',
    'ISSUER_BASE_URL',
    'PORT',
  ]);
});

it('no value is ever repeated', () => {
  const names = Object.keys(parseEnvironment(good));
  const secret = fc.stringMatching(/^[a-z0-9]{16,24}$/).map((text) => `5ecret${text}`);
  const shape = fc.constantFrom(
    (text: string) => text,
    (text: string) => `https://user:${text}@tenant.example.com/`,
    (text: string) => `postgres://user:${text}@db/${text}`,
    (text: string) => `redis://:${text}@redis`,
    (text: string) => `${text},https://${text}/`,
    (text: string) => `http://${text}.example.com/?${text}#${text}`,
    (text: string) => `[${text}]`,
  );
  fc.assert(
    fc.property(
      secret,
      fc.record(Object.fromEntries(names.map((name) => [name, shape])), { requiredKeys: [] }),
      (text, shapes) => {
        const variables = Object.fromEntries(
          Object.entries(shapes).map(([name, write]) => [name, write?.(text)]),
        );
        const error = errorFor(variables);
        expect(String(error) + JSON.stringify([error, error?.message, error?.cause])).not.toContain(text);
      },
    ),
    { numRuns: 300 },
  );
});

describe('URLs of issuer and keys', () => {
  it.each([
    'https://tenant.example.com',
    'https://tenant.example.com/',
    'https://tenant.example.com/realms/a',
    'http://localhost:3002/',
    'http://127.0.0.1:3002',
    'http://[::1]:3002/',
  ])('are accepted over https, or http to this machine: %s', (url) => {
    expect(faultsOf({ ISSUER_BASE_URL: url, JWKS_URI: url })).toStrictEqual([]);
  });

  it.each([
    'http://tenant.example.com/',
    'http://localhost.example.com/',
    'http://127.0.0.1.example.com/',
    'http://0.0.0.0/',
    'http://192.168.0.1/',
    'http://[::ffff:10.0.0.1]/',
    'ftp://localhost/',
    'javascript:alert(1)',
    'tenant.example.com',
    'https://user:secret@tenant.example.com/',
    'https://tenant.example.com/?a=b',
    'https://tenant.example.com/#a',
    ' https://tenant.example.com/',
    'https:tenant.example.com',
  ])('are refused otherwise: %s', (url) => {
    expect(faultyNames({ ISSUER_BASE_URL: url, JWKS_URI: url })).toStrictEqual([
      'ISSUER_BASE_URL',
      'JWKS_URI',
    ]);
  });
});

it.each([
  ['false', false],
  ['10.0.0.0/8', ['10.0.0.0/8']],
  ['10.0.0.1, fd00::/8', ['10.0.0.1', 'fd00::/8']],
])('proxies are trusted by address: %s', (value, expected) => {
  expect(parseEnvironment({ ...good, TRUST_PROXY: value }).TRUST_PROXY).toStrictEqual(expected);
});

it.each(['true', '1', '*', '10.0.0.0/33', '10.0.0.0/8/8', 'fd00::/129', 'proxy.example.com', '10.0.0.1,'])(
  'proxies are not trusted otherwise: %s',
  (value) => {
    expect(faultyNames({ TRUST_PROXY: value })).toStrictEqual(['TRUST_PROXY']);
  },
);

it('production demands a database that was chosen, and the address that clients are told', () => {
  expect(faultyNames({ NODE_ENV: 'production' })).toStrictEqual(['BASE_URL', 'DATABASE_URL']);
  expect(
    faultyNames({
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://db/expenses',
      BASE_URL: 'https://example.com/expenses-api/',
    }),
  ).toStrictEqual([]);
});

it.each([
  ['https://example.com/expenses-api/', 'https://example.com/expenses-api'],
  ['https://API.example.com:443', 'https://api.example.com'],
])('the address %s of the API is kept as %s', (BASE_URL, kept) => {
  expect(parseEnvironment({ ...good, BASE_URL }).BASE_URL).toBe(kept);
});

it.each(['https://api.example.com/?', 'https://u:p@api.example.com', 'https://x/a/b/c/d', 'api.example.com'])(
  '%s is no address for the API',
  (BASE_URL) => expect(faultyNames({ BASE_URL })).toStrictEqual(['BASE_URL']),
);

it.each(['::', '0.0.0.0', '[::]'])('an API that listens on %s is reached at localhost', (HOST) => {
  expect(parseEnvironment({ ...good, HOST }).BASE_URL).toBe('http://localhost:3001');
  expect(parseEnvironment({ ...good, HOST }).HOST).not.toContain('[');
});

it.each([
  'https://*.example.com',
  'https://%2A.example.com',
  '*',
  'https://app.example.com/path',
  'https://-app.example.com',
  'https://app.example.com, https://*.app.example.com',
])('no browser sends the origin %s', (value) => {
  expect(faultyNames({ CORS_ORIGINS: value })).toStrictEqual(['CORS_ORIGINS']);
});

it.each(['https://*.example.com', 'https://ex*mple.com/'])('no issuer and no API is at %s', (url) => {
  expect(faultyNames({ ISSUER_BASE_URL: url, BASE_URL: url })).toStrictEqual(['BASE_URL', 'ISSUER_BASE_URL']);
});

const urls = (password: string) => ({
  DATABASE_URL: `postgres://user:${password}@db:5432/expenses`,
  REDIS_URL: `redis://:${password}@redis:6379`,
});

describe('a password in a URL', () => {
  it.each(['p#ss', '12#34', 'p@ss', 'p/ss', '12/34', 'p?ss', '12?34', 'p%ss', '100%', 'p ss', '#', '@'])(
    'that is %j must be encoded, and is not repeated',
    (password) => {
      expect(faultyNames(urls(password))).toStrictEqual(['DATABASE_URL', 'REDIS_URL']);
      expect(faultsOf(urls(`5ecret${password}`)).join()).not.toContain('5ecret');
      expect(faultsOf(urls(encodeURIComponent(password)))).toStrictEqual([]);
    },
  );

  it.each([
    'postgres://db/expenses',
    'postgresql://user@[::1]:5432/expenses?sslmode=verify-full',
    'postgres:///expenses?host=/var/run/postgresql',
    'postgres://user:p%40ss@/expenses?host=/var/run/postgresql',
    'postgres://user:pa:ss!$&()*+,;=~@db/expenses?options=-c%20search_path%3Dapp',
    'pglite:memory://',
  ])('that is encoded, or none, is accepted: %s', (url) => {
    expect(faultsOf({ DATABASE_URL: url })).toStrictEqual([]);
  });
});

it('a misspelt line of .env is named with the setting that is meant', () => {
  expect(() =>
    parseEnvironment(good, ['ISSUER_BASE_URL', 'LOG_LEVL', 'DATABASE_URL_FILE', 'POSTGRES_PASSWORD']),
  ).toThrow('The environment is not usable:\n  LOG_LEVL in .env is no setting; is LOG_LEVEL meant?\n');
});

it.each(['PORT', 'ISSUER_BASE_URL', 'DATABASE_URL', 'NODE_ENV'])(
  'a blank at the end of %s is named',
  (name) => {
    const fault = faultsOf({
      PORT: '3001 ',
      ISSUER_BASE_URL: 'https://a.example.com ',
      DATABASE_URL: 'postgres://db/expenses ',
      NODE_ENV: 'production ',
    }).find((one) => one.startsWith(`${name} `));
    expect(fault).toMatch(/^\w+ must be .+; its value begins or ends with white space$/);
  },
);

it.each(['redis://db/x', 'redis://db/0/1', 'redis://db?db=x'])('%s names no database of Redis', (REDIS_URL) =>
  expect(faultyNames({ REDIS_URL })).toStrictEqual(['REDIS_URL']),
);

it.each(['redis://db', 'redis://db/', 'redis://db/15', 'redis://db?db=2'])('%s names one', (REDIS_URL) =>
  expect(faultyNames({ REDIS_URL })).toStrictEqual([]),
);

it('a receiver of traces is asked by HTTP', () => {
  const name = 'OTEL_EXPORTER_OTLP_ENDPOINT';
  expect(faultyNames({ [name]: 'collector:4318' })).toStrictEqual([name]);
  expect(faultyNames({ [name]: 'http://collector:4318/otlp' })).toStrictEqual([]);
});

it('the port of the metrics is not that of the API', () => {
  expect(faultyNames({ METRICS_PORT: '3001' })).toStrictEqual(['METRICS_PORT']);
  expect(faultyNames({ PORT: '0', METRICS_PORT: '0' })).toStrictEqual([]);
});

it.each([
  'sslMode=require',
  'SSLMODE=require',
  'ssl-mode=REQUIRED',
  'ssl_mode=require',
  'sslmode=',
  'sslmode=requir',
  'sslmode=verify_full',
  'sslmode=Require',
  'ssl=on',
  'ssl=require',
  'tls=true',
  'useSSL=true',
  'sslnegotiation=fast',
  'sslrootcert=',
])('a database that is to be encrypted by %s would not be, and is refused', (parameter) => {
  const url = `postgres://db/expenses?connect_timeout=3&${parameter}`;
  expect(faultyNames({ DATABASE_URL: url })).toStrictEqual(['DATABASE_URL']);
});

it.each([
  'sslmode=disable',
  'sslmode=allow',
  'sslmode=require&channel_binding=require',
  'sslmode=verify-full&sslrootcert=/ca.pem&sslcert=/a.pem&sslkey=/a.key',
  'ssl=true',
  'ssl=0',
  'sslmode=no-verify&sslnegotiation=direct',
  'pgbouncer=true',
])('%s says how a database is encrypted', (parameters) => {
  expect(faultyNames({ DATABASE_URL: `postgres://db/expenses?${parameters}` })).toStrictEqual([]);
});
