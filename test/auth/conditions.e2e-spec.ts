import { createHash, randomBytes } from 'node:crypto';
import { Controller, Get, Module } from '@nestjs/common';
import {
  AccessRules,
  Authenticated,
  CurrentPrincipal,
  Direct,
  type Principal,
  SenderConstrained,
} from '../../src/auth/index.js';
import { AUDIT_STREAM } from '../../src/audit/audit.tokens.js';
import { toManifest } from '../../src/cli/access/manifest.js';
import { DpopClient } from '../../src/testing/dpop-client.js';
import {
  createTestApp,
  describeAccess,
  startTestIssuer,
  type TestApp,
  type TestIssuer,
} from '../../src/testing/index.js';
import { LogLines } from '../support/log-lines.js';

@Controller('desk')
class DeskController {
  @Get()
  @Authenticated()
  read(@CurrentPrincipal() { subject, actor, confirmation }: Principal) {
    return { subject, actor, confirmation };
  }

  @Get('seal')
  @Authenticated()
  @Direct()
  seal() {
    return 'sealed';
  }

  @Get('safe')
  @Authenticated()
  @SenderConstrained()
  open() {
    return 'open';
  }
}

@Module({ controllers: [DeskController] })
class DeskModule {}

const BASE_URL = 'https://api.example.com';
const PROXY = '192.0.2.1';
const audit = new LogLines();
const log = new LogLines();
let issuer: TestIssuer;
let service: TestApp;

beforeAll(async () => {
  issuer = await startTestIssuer();
  service = await createTestApp({
    issuer,
    imports: [DeskModule],
    variables: { BASE_URL, TRUST_PROXY: PROXY, LOG_LEVEL: 'info' },
    override: (module) => log.override(module).overrideProvider(AUDIT_STREAM).useValue(audit),
  });
});
afterAll(async () => {
  await service?.close();
  await issuer?.close();
});

/** An actor with so many before it. */
const chain = (length: number): object =>
  length === 1 ? { sub: 'a1' } : { sub: `a${length}`, act: chain(length - 1) };

describe('a token of somebody who acts for somebody else', () => {
  it('says who acts, and who acted before', async () => {
    const act = { sub: 'support|sam', iss: 'https://staff.example.com', act: { client_id: 'bot' } };
    const answer = await service.get('/desk', issuer.tokenFor({ act }));
    expect(answer.json()).toEqual({
      subject: 'auth0|alice',
      actor: { subject: 'support|sam', issuer: 'https://staff.example.com', actor: { subject: 'bot' } },
    });
  });

  it('is refused where the user must act in person, and the audit says who acted', async () => {
    const token = issuer.tokenFor({ act: { sub: 'support|sam' } });
    const answer = await service.get('/desk/seal', token);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'delegated_token']);
    expect(audit.lines.at(-1)).toMatchObject({
      subject: 'auth0|alice',
      actor: 'support|sam',
      decision: 'denied',
      reason: 'delegated_token',
    });
    expect((await service.get('/desk/seal', issuer.tokenFor())).statusCode).toBe(200);
  });

  it('is marked in the log, which names neither of the two', async () => {
    const delegated = await service.get('/desk', issuer.tokenFor({ act: { sub: 'support|sam' } }));
    const direct = await service.get('/desk', issuer.tokenFor());
    expect(log.of(delegated.headers['x-request-id'])).toEqual([
      expect.objectContaining({ isDelegated: true }),
    ]);
    expect(log.of(direct.headers['x-request-id'])).toEqual([
      expect.not.objectContaining({ isDelegated: expect.anything() }),
    ]);
    expect(log.written).not.toMatch(/alice|sam/);
  });

  it('has four actors at the most', async () => {
    expect((await service.get('/desk', issuer.tokenFor({ act: chain(4) }))).statusCode).toBe(200);
    expect((await service.get('/desk', issuer.tokenFor({ act: chain(5) }))).statusCode).toBe(401);
    expect((await service.get('/desk', issuer.tokenFor({ act: chain(500) }))).statusCode).toBe(401);
  });

  it.each([
    ['text', 'support|sam'],
    ['null', null],
    ['a list', [{ sub: 'a' }]],
    ['nobody', {}],
    ['a number', { sub: 7 }],
    ['an empty name', { sub: '' }],
    ['an issuer that is an object', { sub: 'a', iss: {} }],
    ['an earlier actor that is text', { sub: 'a', act: 'b' }],
    ['an earlier actor that is nobody', { sub: 'a', act: {} }],
    ['true', true],
  ])('is refused when its actor is %s', async (_title, act) => {
    const answer = await service.get('/desk', issuer.tokenFor({ act }));
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('The access token has a claim of the wrong type');
  });
});

describe('a route for tokens that are bound to their sender', () => {
  it('refuses bearer tokens, and says by which scheme it is better', async () => {
    const answer = await service.get('/desk/safe', issuer.tokenFor());
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(
      /^DPoP error="invalid_token", error_description="The access token must be bound to a key of its sender here".*algs="/,
    );
    expect((await service.get('/desk/safe')).headers['www-authenticate']).toMatch(/^DPoP algs="/);
  });

  it('lets in who proves to hold the key', async () => {
    const client = new DpopClient();
    const token = issuer.tokenFor({ cnf: client.confirmation });
    const headers = client.headers({ url: `${BASE_URL}/desk/safe`, token });
    expect((await service.inject({ method: 'GET', url: '/desk/safe', headers })).statusCode).toBe(200);
  });
});

describe('a token that is bound to a TLS client certificate', () => {
  const certificate = randomBytes(700);
  const thumbprint = createHash('sha256').update(certificate).digest('base64url');
  const header = `:${certificate.toString('base64')}:`;
  const send = (
    headers: Record<string, string | string[]>,
    remoteAddress = PROXY,
    cnf: object = { 'x5t#S256': thumbprint },
  ) =>
    service.app.inject({
      method: 'GET',
      url: '/desk/safe',
      remoteAddress,
      headers: { authorization: `Bearer ${issuer.tokenFor({ cnf })}`, ...headers },
    });

  it('is good with that certificate, which our proxy has seen', async () => {
    expect((await send({ 'client-cert': header })).statusCode).toBe(200);
  });

  it('is good with that certificate as nginx writes it', async () => {
    const lines = certificate.toString('base64').replaceAll(/.{64}/g, '$&\n');
    const pem = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
    const escaped = encodeURIComponent(pem);
    expect((await send({ 'client-cert': escaped })).statusCode).toBe(200);
    expect((await send({ 'client-cert': `${escaped}${escaped}` })).statusCode).toBe(401);
    expect((await send({ 'client-cert': `${escaped}, ${escaped}` })).statusCode).toBe(401);
    expect((await send({ 'client-cert': pem.replaceAll('\n', ' ') })).statusCode).toBe(401);
    expect((await send({ 'client-cert': escaped.replace('%0A', '%ZZ') })).statusCode).toBe(401);
  });

  it.each<[string, Record<string, string | string[]>, string, string?]>([
    ['without a certificate', {}, 'did not come with the request'],
    [
      'with another certificate',
      { 'client-cert': `:${randomBytes(700).toString('base64')}:` },
      'another TLS client certificate',
    ],
    [
      'with the certificate from a client that is no proxy of ours',
      { 'client-cert': header },
      'did not come with the request',
      '198.51.100.7',
    ],
    [
      'with a certificate that is not written as RFC 9440 wants it',
      { 'client-cert': header.slice(1, -1) },
      'did not come with the request',
    ],
    ['with a certificate that is no base64', { 'client-cert': ':!!:' }, 'did not come with the request'],
    ['with two certificates', { 'client-cert': `${header}, ${header}` }, 'did not come with the request'],
  ])('is refused %s', async (_title, headers, said, ...from) => {
    const answer = await send(headers, ...from);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toContain(said);
  });

  it('is refused when it is bound to a key as well, and only one of the two is shown', async () => {
    const cnf = { 'x5t#S256': thumbprint, ...new DpopClient().confirmation };
    expect((await send({ 'client-cert': header }, PROXY, cnf)).statusCode).toBe(401);
  });

  it('is refused where no proxy is trusted', async () => {
    const direct = await createTestApp({ issuer, imports: [DeskModule], variables: { BASE_URL } });
    const answer = await direct.app.inject({
      method: 'GET',
      url: '/desk/safe',
      headers: {
        authorization: `Bearer ${issuer.tokenFor({ cnf: { 'x5t#S256': thumbprint } })}`,
        'client-cert': header,
      },
    });
    await direct.close();
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toContain(
      'is bound to its sender in a way that cannot be verified here',
    );
  });
});

it('what routes ask beside scopes is in the list of routes', () => {
  const manifest = toManifest(service.app.get(AccessRules, { strict: false }));
  expect(manifest.filter(({ path }) => path.startsWith('/desk/'))).toMatchObject([
    { path: '/desk/safe', senderConstrained: true },
    { path: '/desk/seal', direct: true },
  ]);
});

describeAccess(() => service);
