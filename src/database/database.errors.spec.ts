import { DrizzleQueryError } from './drizzle.js';
import { DatabaseFault, DatabaseUnavailable, withNamedErrors } from './database.errors.js';
import { endsConnection, isDatabaseAway, isLasting } from './driver-errors.js';

/** As the server sends it. */
const answer = (code: string, severity = 'ERROR') => Object.assign(new Error('words'), { code, severity });
/** What the rest of the service gets to see of an error. */
async function outcomeOf(error: Error): Promise<unknown> {
  try {
    return await withNamedErrors(async () => {
      throw error;
    });
  } catch (thrown) {
    return thrown;
  }
}

/** SQLSTATE; whether its connection is thrown away; whether the start gives up at once. */
const away: readonly (readonly [string, boolean, boolean])[] = [
  ['08000', true, false],
  ['08001', true, false],
  ['08003', true, false],
  ['08004', true, false],
  ['08006', true, false],
  ['08007', true, false],
  ['08P01', true, false],
  ['25006', true, false],
  ['25P03', true, false],
  ['25P04', true, false],
  ['26000', false, false],
  ['28000', true, true],
  ['28P01', true, true],
  ['3D000', true, true],
  ['40001', false, false],
  ['40P01', false, false],
  ['42501', false, true],
  ['42P05', false, false],
  ['53000', false, false],
  ['53100', false, false],
  ['53200', false, false],
  ['53300', false, false],
  ['53400', false, false],
  ['55000', false, false],
  ['55006', false, false],
  ['55P03', false, false],
  ['57000', false, false],
  ['57014', false, false],
  ['57P01', true, false],
  ['57P02', true, false],
  ['57P03', true, false],
  ['57P04', true, false],
  ['57P05', true, false],
  ['58000', true, false],
  ['58030', true, false],
  ['58P01', true, false],
  ['58P02', true, false],
];

it.each(away)(
  '%s is a 503; its connection is thrown away: %s; the start gives up: %s',
  async (code, ends, lasts) => {
    for (const error of [answer(code), new DrizzleQueryError('SELECT', [], answer(code))]) {
      expect(await outcomeOf(error)).toBeInstanceOf(DatabaseUnavailable);
      expect(endsConnection(error)).toBe(ends);
      expect(isLasting(error)).toBe(lasts);
    }
  },
);

it.each(['22003', '22P05', '23505', '42P01', '42703', 'XX000'])('%s is an error of ours', async (code) => {
  expect(await outcomeOf(answer(code))).toBeInstanceOf(DatabaseFault);
  expect(endsConnection(answer(code))).toBe(false);
});

/** What PgBouncer 1.18 says, of itself and of the server, always with this code. */
it.each([
  ['no such database: expenses', true],
  ['no such user: expenses', true],
  ['SASL authentication failed', true],
  ['password authentication failed for user "expenses"', true],
  ['database "expenses" does not exist', true],
  ['server login has been failing, cached error: role "expenses" does not exist (server_login_retry)', true],
  ['no pg_hba.conf entry for host "10.0.0.7", user "expenses", database "expenses", no encryption', true],
  ['permission denied for database "expenses"', true],
  ['the database system is starting up', false],
  ['sorry, too many clients already', false],
  ['no more connections allowed (max_client_conn)', false],
  ['query_wait_timeout', false],
  ['pgbouncer cannot connect to server', false],
])('the start gives up at once when a pooler says "%s": %s', (words, lasts) => {
  const refusal = Object.assign(new Error(words), { code: '08P01', severity: 'FATAL' });
  expect(isLasting(refusal)).toBe(lasts);
});

it('what ends the connection is a 503 whatever its code', async () => {
  expect(await outcomeOf(answer('XX000', 'FATAL'))).toBeInstanceOf(DatabaseUnavailable);
  expect(endsConnection(answer('XX000', 'FATAL'))).toBe(true);
});

it.each([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])('with the TLS error %s the start gives up at once', (code) => {
  expect(isLasting(new DatabaseUnavailable(Object.assign(new Error('words'), { code })))).toBe(true);
});

it('an error of our own in a transaction stays what it is', async () => {
  const own = new TypeError('ours');
  expect(await outcomeOf(own)).toBe(own);
  expect(endsConnection(own)).toBe(false);
});

it.each(['string', 'non-empty string'])('a password that is missing is told as such: %s', (what) => {
  const thrown = new Error(`SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a ${what}`);
  expect(isLasting(new DatabaseUnavailable(thrown))).toBe(true);
  expect(isDatabaseAway(thrown)).toBe(true);
  expect(new DatabaseFault(thrown).message).toBe('the server asks for a password, and none is set');
});
