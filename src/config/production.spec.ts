import { parseEnvironment } from './environment.js';
import { productionWarnings } from './production.js';

const good = {
  NODE_ENV: 'production',
  ISSUER_BASE_URL: 'https://tenant.example.com/',
  ALLOWED_AUDIENCES: 'https://expenses-api',
  BASE_URL: 'https://api.example.com',
  DATABASE_URL: 'postgres://user:secret@db.example.com/expenses?sslmode=verify-full',
  REDIS_URL: 'rediss://:secret@redis.example.com',
};
const namesOf = (variables: Record<string, string>) =>
  productionWarnings(parseEnvironment({ ...good, ...variables })).map((warning) => warning.split(' ')[0]);

it('settings as they should be are warned of in no word', () => {
  expect(namesOf({})).toEqual([]);
});

it.each<Record<string, string>>([
  { DATABASE_URL: 'pglite:data' },
  { DATABASE_URL: 'postgres://user:secret@db.example.com/expenses' },
  { DATABASE_URL: 'postgres://user:secret@10.0.0.5/expenses?sslmode=disable' },
  { BASE_URL: 'http://api.example.com' },
  { REDIS_URL: 'redis://redis.example.com:6379' },
])('%j is warned of in production only, without its value', (variables) => {
  const [name] = Object.keys(variables);
  expect(namesOf(variables)).toEqual([name]);
  expect(namesOf({ ...variables, NODE_ENV: 'development' })).toEqual([]);
  const [warning] = productionWarnings(parseEnvironment({ ...good, ...variables }));
  expect(warning).not.toMatch(/secret|example\.com|10\.0/);
});

it.each<Record<string, string>>([
  { DATABASE_URL: 'postgres://user@127.0.0.1/expenses' },
  { DATABASE_URL: 'postgres://localhost/expenses?sslmode=disable' },
  { BASE_URL: 'http://localhost:3001' },
  { REDIS_URL: 'redis://[::1]:6379' },
])('%j stays on this machine, which needs no TLS', (variables) => {
  expect(namesOf(variables)).toEqual([]);
});

it.each([
  { count: 1_000_000, heapMiB: 512, warned: 1 },
  { count: 1_000_000, heapMiB: 8192, warned: 0 },
  { count: 100_000, heapMiB: 512, warned: 0 },
])(
  '$count remembered tokens in a heap of $heapMiB MiB are warned of: $warned',
  ({ count, heapMiB, warned }) => {
    const environment = parseEnvironment({ ...good, VERIFIED_TOKENS: String(count) });
    const warnings = productionWarnings(environment, heapMiB * 2 ** 20);
    expect(warnings).toEqual(
      Array.from({ length: warned }, () => expect.stringMatching(/^VERIFIED_TOKENS .*--max-old-space-size/)),
    );
  },
);
