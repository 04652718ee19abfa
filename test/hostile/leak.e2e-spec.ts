import { Controller, Get, Module, Post } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Logger } from 'nestjs-pino';
import { createHmac, randomBytes } from 'node:crypto';
import { AUDIT_STREAM } from '../../src/audit/audit.tokens.js';
import { Authenticated, SigningKeys } from '../../src/auth/index.js';
import { MetricsServer } from '../../src/metrics/metrics.server.js';
import { issuerFaults, startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { DpopClient } from '../../src/testing/dpop-client.js';
import { LogLines } from '../support/log-lines.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { rawExchange } from '../support/raw-request.js';
import { createTestApp } from '../support/test-app.js';

const EMAIL = 'alice.secret@example.com';
const CLIENT_SECRET = `cs_${randomBytes(18).toString('base64url')}`;
const COOKIE = `session=${randomBytes(18).toString('base64url')}`;

/** Errors that hold what the client sent, as careless code and libraries throw them. */
@ApiExcludeController()
@Controller('careless')
@Authenticated()
class CarelessController {
  @Get()
  fail(): never {
    throw new Error(`${EMAIL} with ${CLIENT_SECRET}`, { cause: new TypeError(`of ${EMAIL}`) });
  }

  @Post()
  parse(): unknown {
    return JSON.parse(EMAIL);
  }
}

@Module({ controllers: [CarelessController] })
class CarelessModule {}

describe('whatever fails, at LOG_LEVEL=trace', () => {
  const log = new LogLines();
  const audit = new LogLines();
  const answers: string[] = [];
  const tokens: string[] = [];
  /** Proofs, and what stands in them: ids, nonces, keys and their thumbprints. */
  const proven = new Set<string>();
  let issuer: TestIssuer | undefined;
  let app: TestApp | undefined;
  let receiver: OtlpReceiver | undefined;
  let url = '';
  let metrics = '';

  /** A token whose every part is looked for later. */
  function used(token: string): string {
    tokens.push(token);
    return token;
  }

  async function send(options: Parameters<TestApp['inject']>[0], token?: string): Promise<void> {
    const headers = { cookie: COOKIE, 'x-forwarded-for': EMAIL, 'user-agent': EMAIL, ...options.headers };
    const { headers: answered, body } = await app!.inject({ ...options, headers }, token && used(token));
    answers.push(JSON.stringify(answered), body);
  }

  async function sendRaw(text: string): Promise<void> {
    for (const answer of await rawExchange(url, text)) answers.push(JSON.stringify(answer));
  }

  /** Tokens that fail in every way there is, and good ones. */
  function everyToken(): string[] {
    const claims = (changes = {}) => issuer!.claims({ email: EMAIL, scopes: ['read:reports'], ...changes });
    const good = issuer!.sign({}, claims());
    const [header, body, signature] = good.split('.') as [string, string, string];
    const hmac = createHmac('sha256', CLIENT_SECRET).update(`${header}.${body}`).digest('base64url');
    return [
      good,
      issuer!.sign({}, claims({ scopes: [] })),
      issuer!.sign({}, claims({ exp: 1 })),
      issuer!.sign({}, claims({ nbf: 9_999_999_999 })),
      issuer!.sign({}, claims({ iat: 9_999_999_999 })),
      issuer!.sign({}, claims({ iss: `https://${EMAIL}/` })),
      issuer!.sign({}, claims({ aud: EMAIL })),
      issuer!.sign({}, claims({ sub: 42 })),
      issuer!.sign({}, claims({ sub: undefined })),
      issuer!.sign({}, claims({ nonce: CLIENT_SECRET })),
      issuer!.sign({}, claims({ cnf: { jkt: CLIENT_SECRET } })),
      issuer!.sign({ kid: CLIENT_SECRET }, claims()),
      issuer!.sign({ crit: [CLIENT_SECRET] }, claims()),
      issuer!.sign({ typ: EMAIL }, claims()),
      issuer!.sign({ alg: 'none' }, claims()),
      `${header}.${body}.${hmac}`,
      `${header}.${body}.`,
      `${header}.${body}.${signature.slice(0, -4)}AAAA`,
      `${header}.${body}`,
      `${good}.${signature}.${signature}`,
      CLIENT_SECRET,
    ];
  }

  const note = (value: unknown) => String(value).length >= 8 && proven.add(String(value));

  /** Requests with bound tokens whose proofs are good, and fail in every way there is. */
  async function sendProofs(): Promise<void> {
    const client = new DpopClient();
    const htu = 'https://api.example.com/currencies';
    const sendProof = async (make: (token: string) => string, scheme = 'DPoP') => {
      const token = used(issuer!.tokenFor({ sub: 'auth0|prover', cnf: client.confirmation }));
      const dpop = make(token);
      for (const part of dpop.split('.')) note(part);
      const { headers, body } = await app!.inject({
        method: 'GET',
        url: '/currencies',
        remoteAddress: '192.0.2.11',
        headers: { authorization: `${scheme} ${token}`, dpop },
      });
      // Who asks for the nonce is told it; nobody else is.
      const { 'dpop-nonce': nonce, ...others } = headers;
      note(nonce);
      answers.push(JSON.stringify(others), body);
      return String(nonce);
    };
    const other = new DpopClient();
    for (const { jwk, confirmation } of [client, other]) {
      for (const value of [jwk.x, jwk.y, confirmation.jkt]) note(value);
    }
    const proof =
      (claims: object = {}, header: object = {}, by = client) =>
      (token: string) => {
        const jti = randomBytes(18).toString('base64url');
        note(jti);
        return by.proof({ url: htu, token }, { jti, ...claims }, { ...header });
      };
    const nonce = await sendProof(proof());
    await sendProof(proof({ nonce }));
    const again = 'an-id-that-comes-twice';
    note(again);
    for (const claims of [{ jti: again }, { jti: again }, { htm: CLIENT_SECRET }, { htu: CLIENT_SECRET }]) {
      await sendProof(proof({ nonce, ...claims }));
    }
    for (const claims of [
      { ath: CLIENT_SECRET },
      { iat: 1 },
      { iat: CLIENT_SECRET },
      { nonce: CLIENT_SECRET },
    ]) {
      await sendProof(proof({ nonce, ...claims }));
    }
    for (const header of [
      { typ: EMAIL },
      { alg: CLIENT_SECRET },
      { crit: [EMAIL] },
      { jwk: { kty: EMAIL } },
    ]) {
      await sendProof(proof({ nonce }, header));
    }
    await sendProof(proof({ nonce }, { jwk: { ...client.jwk, d: CLIENT_SECRET } }));
    await sendProof(proof({ nonce }, {}, other));
    await sendProof((token) => `${proof({ nonce })(token).slice(0, -8)}AAAAAAAA`);
    await sendProof(() => `${CLIENT_SECRET}.${EMAIL}`);
    await sendProof(proof({ nonce }), 'Bearer');
  }

  beforeAll(async () => {
    issuer = await startTestIssuer();
    receiver = await OtlpReceiver.start();
    app = await createTestApp({
      issuer,
      imports: [CarelessModule],
      variables: {
        LOG_LEVEL: 'trace',
        METRICS_PORT: '0',
        HOST: '127.0.0.1',
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        RATE_LIMIT: '30',
        FAILED_AUTH_LIMIT: '50',
        CORS_ORIGINS: 'https://app.example.com',
        TRUST_PROXY: '127.0.0.1',
        BASE_URL: 'https://api.example.com',
        DPOP_NONCE: 'required',
      },
      override: (module) => log.override(module).overrideProvider(AUDIT_STREAM).useValue(audit),
    });
    app.app.useLogger(app.app.get(Logger));
    url = await app.listen();

    // On every route and with every method, refused in every way, until the limits refuse.
    for (const token of everyToken()) {
      await send({ method: 'GET', url: '/' }, token);
      await send(
        { method: 'POST', url: '/expenses', payload: { description: EMAIL, value: CLIENT_SECRET } },
        token,
      );
      await send({ method: 'GET', url: `/expenses/${token}?access_token=${token}&text=${EMAIL}` }, token);
    }
    const good = () =>
      issuer!.tokenFor({ sub: 'auth0|leak', email: EMAIL, scopes: ['read:reports', 'create:expenses'] });
    const from = { remoteAddress: '192.0.2.9' };
    await send({ ...from, method: 'GET', url: '/careless' }, good());
    await send({ ...from, method: 'POST', url: '/careless' }, good());
    await send(
      { ...from, method: 'GET', url: `/?cursor=${good()}&category=${EMAIL}&limit=${CLIENT_SECRET}` },
      good(),
    );
    await send({ ...from, method: 'GET', url: `/${good()}` }, good());
    await send(
      {
        ...from,
        method: 'POST',
        url: '/expenses',
        payload: `{"${EMAIL}": ${CLIENT_SECRET}`,
        headers: { 'content-type': 'application/json' },
      },
      good(),
    );
    await send(
      { ...from, method: 'POST', url: '/expenses', payload: { secret: CLIENT_SECRET, description: [EMAIL] } },
      good(),
    );
    await send(
      {
        ...from,
        method: 'POST',
        url: '/expenses',
        payload: EMAIL,
        headers: { 'content-type': CLIENT_SECRET },
      },
      good(),
    );
    await send({ ...from, method: 'POST', url: `/expenses?access_token=${used(good())}` }, good());
    await send(
      { ...from, method: 'POST', url: '/expenses', payload: { access_token: used(good()) } },
      good(),
    );
    await send({ ...from, method: 'GET', url: '/', headers: { authorization: `Basic ${CLIENT_SECRET}` } });
    await send({
      ...from,
      method: 'GET',
      url: '/',
      headers: { authorization: `Bearer ${CLIENT_SECRET} ${EMAIL}` },
    });
    await send({ ...from, method: 'GET', url: '/', headers: { 'x-request-id': used(good()) } }, good());
    const sentTwice = `authorization: Bearer ${used(good())}\r\n`;
    await sendRaw(`GET / HTTP/1.1\r\nhost: x\r\n${sentTwice}${sentTwice}connection: close\r\n\r\n`);
    await sendRaw(`GET /%zz${used(good())} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    await sendRaw(`${used(good())} ${EMAIL}\r\n\r\n`);
    await sendRaw(`GET / HTTP/1.1\r\nhost: x\r\ncookie: ${COOKIE.repeat(600)}\r\n\r\n`);
    const flood = { remoteAddress: '192.0.2.10', method: 'GET', url: '/' } as const;
    for (let sent = 0; sent < 55; sent += 1) await send(flood, issuer.tokenFor({ email: EMAIL, exp: 1 }));
    await sendProofs();
    // Every failure of the issuer, with a token whose key is not known.
    for (const fault of issuerFaults.filter((name) => name !== 'hang')) {
      await issuer.fail(fault);
      await app.app
        .get(SigningKeys)
        .refresh()
        .catch(() => undefined);
      await send(
        { ...from, method: 'GET', url: '/' },
        issuer.sign({ kid: fault }, issuer.claims({ email: EMAIL })),
      );
    }
    metrics = await (await fetch(`http://127.0.0.1:${app.app.get(MetricsServer).port}/metrics`)).text();
    await app.close();
  });
  afterAll(async () => {
    await app?.close().catch(() => undefined);
    await issuer?.close();
    await receiver?.close();
  });

  const outputs = [
    ['the log', () => log.written],
    ['the audit log', () => audit.written],
    ['answers', () => answers.join('\n')],
    ['metrics', () => metrics],
    ['traces', () => receiver!.written],
  ] as const;

  it('was tried: refusals of every kind, limits, faults of the client, of the code and of the issuer', () => {
    const reasons = new Set(log.lines.map(({ reason }) => reason));
    for (const reason of [
      'token_expired',
      'bad_signature',
      'unknown_key',
      'malformed_token',
      'wrong_issuer',
      'use_dpop_nonce',
      'replayed_proof',
      'wrong_proof_key',
      'bad_proof_signature',
      'malformed_proof',
      'private_proof_key',
      'sender_constrained_token',
    ]) {
      expect(reasons).toContain(reason);
    }
    const statuses = new Set(log.lines.map(({ status }) => status));
    for (const status of [200, 400, 401, 403, 404, 415, 422, 429, 431, 500, 503])
      expect(statuses).toContain(status);
    expect(tokens.length).toBeGreaterThan(60);
    for (const [, output] of outputs) expect(output().length).toBeGreaterThan(1000);
  });

  it.each(outputs)('%s: no part of a token', (_name, output) => {
    const text = output();
    const parts = new Set(tokens.flatMap((token) => token.split('.')).filter((part) => part.length >= 8));
    const leaked = [...parts].filter((part) => text.includes(part) || text.includes(part.slice(-43)));
    expect(leaked).toEqual([]);
  });

  it.each(outputs)('%s: no part of a proof, nor its id, nonce, key or thumbprint', (_name, output) => {
    const text = output();
    expect(proven.size).toBeGreaterThan(60);
    expect([...proven].filter((value) => text.includes(value))).toEqual([]);
  });

  it.each(outputs)(
    '%s: no secret, no cookie, no e-mail address, no header that carries credentials',
    (_name, output) => {
      const text = output();
      const leaks = {
        secret: text.includes(CLIENT_SECRET),
        cookie: text.includes(COOKIE.slice('session='.length)),
        email: text.includes('alice.secret'),
        credentials: /bearer [\w-]{20}|set-cookie/i.test(text),
      };
      expect(leaks).toEqual({ secret: false, cookie: false, email: false, credentials: false });
    },
  );
});
