import { Controller, Get, Module, Param } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Logger } from 'nestjs-pino';
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Public, Authenticated } from '../../src/auth/index.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { LogLines } from '../support/log-lines.js';
import { createTestApp } from '../support/test-app.js';

const slowly = new EventEmitter();

@ApiExcludeController()
@Controller('log-test')
class LogTestController {
  @Get('slow')
  @Public()
  async slow() {
    slowly.emit('begun');
    await once(slowly, 'end');
    return {};
  }

  @Get('broken')
  @Public()
  broken(): never {
    throw new TypeError('cannot read alice@example.com');
  }

  @Get('quoting')
  @Public()
  quoting(): never {
    throw new Error('could not insert: alice went to Rome');
  }

  @Get('things/:id')
  @Authenticated()
  thing(@Param('id') id: string) {
    return { id };
  }
}

@Module({ controllers: [LogTestController] })
class LogTestModule {}

describe('the log', () => {
  const log = new LogLines();
  const slowLines = () => log.lines.filter(({ route }) => route === '/log-test/slow');
  let issuer: TestIssuer | undefined;
  let app: TestApp | undefined;

  beforeAll(async () => {
    issuer = await startTestIssuer();
    app = await createTestApp({
      issuer,
      imports: [LogTestModule],
      override: log.override,
      variables: { LOG_LEVEL: 'trace', TRUST_PROXY: '127.0.0.0/8' },
    });
    app.app.useLogger(app.app.get(Logger));
  });
  afterAll(async () => {
    await app?.close();
    await issuer?.close();
  });

  it('has one line for a request, with its id, its route and how long it took', async () => {
    const { headers, statusCode } = await app!.get('/log-test/things/s3cret?page=s3cret', issuer!.tokenFor());
    expect(statusCode).toBe(200);
    const lines = log.of(headers['x-request-id']);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 'info',
      msg: 'request',
      method: 'GET',
      route: '/log-test/things/:id',
      status: 200,
    });
    expect(lines[0]!.durationMs).toEqual(expect.any(Number));
    expect(JSON.stringify(lines)).not.toContain('s3cret');
  });

  it('has one line for a request whose client did not wait for the answer', async () => {
    const url = await app!.listen();
    const leave = new AbortController();
    const begun = once(slowly, 'begun');
    const left = fetch(`${url}/log-test/slow`, { signal: leave.signal });
    await begun;
    leave.abort();
    await expect(left).rejects.toThrow('aborted');
    while (slowLines().length === 0) await delay(5);
    slowly.emit('end');
    await delay(100); // in which the answer would be logged as well
    expect(slowLines()).toMatchObject([{ msg: 'request', status: 499, code: 'client_closed_request' }]);
  });

  it.each([
    ['no token', undefined, 'missing_token', 401],
    ['a malformed token', 'a.b.c', 'malformed_token', 401],
  ] as const)('has the reason code of a refusal for %s', async (_, token, reason, status) => {
    const { headers, json } = await app!.get('/log-test/things/1', token);
    expect(log.of(headers['x-request-id'])).toMatchObject([
      { status, reason, code: json<{ code: string }>().code },
    ]);
  });

  it('has the reason code of a refusal for an expired token', async () => {
    const { headers } = await app!.get('/log-test/things/1', issuer!.tokenFor({ exp: 1 }));
    expect(log.of(headers['x-request-id'])).toMatchObject([{ status: 401, reason: 'token_expired' }]);
  });

  it('tells of an unexpected error where it happened, with the request id, and not what was in its message', async () => {
    const { headers, statusCode } = await app!.get('/log-test/quoting');
    expect(statusCode).toBe(500);
    const [error, request] = log.of(headers['x-request-id']);
    expect(error).toMatchObject({
      level: 'error',
      err: { type: 'Error', stack: expect.stringMatching(/^at .*quoting/) },
    });
    expect(request).toMatchObject({ status: 500, level: 'error' });
    expect(JSON.stringify(error)).not.toContain('Rome');
  });

  it('takes e-mail addresses and tokens out of the messages that it keeps', async () => {
    const { headers } = await app!.get('/log-test/broken');
    const [error] = log.of(headers['x-request-id']);
    expect(error).toMatchObject({ err: { type: 'TypeError', message: 'cannot read [redacted]' } });
  });

  describe('the request id', () => {
    it('is the same in the log, the problem and the header', async () => {
      const { headers, json } = await app!.get('/nothing');
      expect(json<{ requestId: string }>().requestId).toBe(headers['x-request-id']);
      expect(log.of(headers['x-request-id'])).toMatchObject([{ status: 404, code: 'not_found' }]);
    });

    it('is taken from a trusted proxy', async () => {
      const { headers } = await app!.inject({
        method: 'GET',
        url: '/nothing',
        headers: { 'x-request-id': 'proxy-0001' },
      });
      expect(headers['x-request-id']).toBe('proxy-0001');
    });

    it.each(['', 'short', 'with space', 'a"b\\ncdefgh', 'x'.repeat(65), 'ümlaut-id'])(
      'is made anew when the proxy sends %j',
      async (id) => {
        const { headers } = await app!.inject({
          method: 'GET',
          url: '/nothing',
          headers: { 'x-request-id': id },
        });
        expect(headers['x-request-id']).toMatch(/^[\da-f]{8}-[\da-f-]{27}$/);
      },
    );

    it('is made anew for a peer that is no trusted proxy, whatever it forwards', async () => {
      const { headers } = await app!.inject({
        method: 'GET',
        url: '/nothing',
        remoteAddress: '10.1.2.3',
        headers: { 'x-request-id': 'client-0001', 'x-forwarded-for': '127.0.0.1' },
      });
      expect(headers['x-request-id']).not.toBe('client-0001');
    });
  });
});
