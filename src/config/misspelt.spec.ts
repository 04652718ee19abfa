import { misspeltNames } from './misspelt.js';

const known = [
  'PORT',
  'HOST',
  'ISSUER_BASE_URL',
  'ALLOWED_AUDIENCES',
  'DATABASE_URL',
  'LOG_LEVEL',
  'RATE_LIMIT',
];

it.each([
  ['ISUER_BASE_URL', 'ISSUER_BASE_URL'],
  ['ISSUER_BASEURL', 'ISSUER_BASE_URL'],
  ['issuer_base_url', 'ISSUER_BASE_URL'],
  ['ALLOWED_AUDIENCE', 'ALLOWED_AUDIENCES'],
  ['DATABSE_URL', 'DATABASE_URL'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['RATE_LIMTI', 'RATE_LIMIT'],
  ['PROT', 'PORT'],
])('%s is told to be %s', (written, meant) => {
  expect(misspeltNames([written], known)).toEqual([`${written} in .env is no setting; is ${meant} meant?`]);
});

it.each(['ISSUER_BASE_URL', 'POSTGRES_PASSWORD', 'CLIENT_SECRET', 'EDITOR', 'X'])(
  '%s is left alone: a setting, or nothing like one',
  (written) => {
    expect(misspeltNames([written], known)).toEqual([]);
  },
);
