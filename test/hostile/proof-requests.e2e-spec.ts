import { DpopClient } from '../../src/testing/dpop-client.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { BoundCaller, SECURED } from '../support/bound-caller.js';
import { rawRequest, securedRequests } from '../support/raw-request.js';
import {
  type Answer,
  BASE_URL,
  expectExpenses,
  expectInvalidProof,
  expectInvalidToken,
  expectMissingToken,
} from '../support/refusal.js';

// How proofs are sent: by which headers, beside which tokens, to which URL.

let issuer: TestIssuer;
let api: TestApp;
let url: string;
let caller: BoundCaller;

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await createAuthApp(issuer);
  url = await api.listen();
  caller = new BoundCaller(issuer, api);
});
afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

const { get, post } = securedRequests(() => url);
const proofFor = (token: string, claims = {}) => caller.client.proof({ url: SECURED, token }, claims);
const unbound = () => issuer.tokenFor({ scopes: ['read:reports'] });

/** 400: the request says two things, whichever scheme it speaks. */
function expectContradiction(answer: Answer, scheme: string, detail: string): void {
  expect(answer.statusCode).toBe(400);
  expect(answer.headers['www-authenticate']).toMatch(
    new RegExp(`^${scheme} error="invalid_request", error_description="${detail}"`),
  );
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'invalid_request', detail });
}

describe('the header of a proof', () => {
  it.each<[string, (proof: string) => string]>([
    ['in small letters', (proof) => `dpop: ${proof}`],
    ['in capitals', (proof) => `DPOP: ${proof}`],
    ['with spaces around, which are not part of it', (proof) => `DPoP:  \t ${proof} \t `],
  ])('is read %s', async (_title, header) => {
    const token = caller.token();
    expectExpenses(await get(`authorization: DPoP ${token}`, header(proofFor(token))));
  });

  it.each<[string, (...proofs: [string, string]) => string[]]>([
    ['two proofs', (one, two) => [`DPoP: ${one}`, `DPoP: ${two}`]],
    ['the same proof twice', (one) => [`DPoP: ${one}`, `DPoP: ${one}`]],
    ['two proofs in headers of other letters', (one, two) => [`DPoP: ${one}`, `dpop: ${two}`]],
    ['a proof and an empty one', (one) => [`DPoP: ${one}`, 'DPoP:']],
    ['an empty proof and a good one', (one) => ['DPoP:', `DPoP: ${one}`]],
    ['two proofs with other headers between', (one, two) => [`DPoP: ${one}`, 'accept: */*', `DPoP: ${two}`]],
    ['twenty proofs', (one) => Array.from({ length: 20 }, () => `DPoP: ${one}`)],
  ])('may not come with another: %s', async (_title, headers) => {
    const token = caller.token();
    const [one, two] = [proofFor(token), proofFor(token)];
    expectInvalidProof(await get(`authorization: DPoP ${token}`, ...headers(one, two)), 'several_proofs');
    expectExpenses(await get(`authorization: DPoP ${token}`, `DPoP: ${one}`));
  });

  it.each<[string, (proof: string) => string[]]>([
    ['at all', () => []],
    ['but under another name', (proof) => [`X-DPoP: ${proof}`, `DPoP-Proof: ${proof}`]],
    ['but in a cookie', (proof) => [`Cookie: DPoP=${proof}`]],
  ])('is missed where there is none %s', async (_title, headers) => {
    const token = caller.token();
    expectInvalidProof(
      await get(`authorization: DPoP ${token}`, ...headers(proofFor(token))),
      'missing_proof',
    );
  });

  it.each<[string, (proof: string) => string]>([
    ['no text', () => ''],
    ['spaces', () => '   '],
    ['two proofs behind one another', (proof) => `${proof}, ${proof}`],
    ['a letter of Latin-1', (proof) => `${proof}\u00e9`],
    ['a proof with a tab inside', (proof) => proof.replace('.', '\t.')],
  ])('is malformed when it holds %s', async (_title, write) => {
    const token = caller.token();
    const header = `DPoP: ${write(proofFor(token))}`;
    expectInvalidProof(await get(`authorization: DPoP ${token}`, header), 'malformed_proof');
  });

  it('of 64 kB is more than a request may have', async () => {
    const token = caller.token();
    const answer = await get(`authorization: DPoP ${token}`, `DPoP: ${'x'.repeat(65_536)}`);
    expect(answer.statusCode).toBe(431);
    expectExpenses(await get(`authorization: DPoP ${token}`, `DPoP: ${proofFor(token)}`));
  });
});

describe('a token that is bound to a key', () => {
  it.each(['DPoP', 'dpop', 'DPOP', 'dPoP', 'DPoP   '])('is good behind the scheme %j', async (scheme) => {
    const token = caller.token();
    expectExpenses(await get(`authorization: ${scheme} ${token}`, `dpop: ${proofFor(token)}`));
  });

  it.each(['Bearer', 'bearer', 'BEARER'])('is refused behind the scheme %s', async (scheme) => {
    const token = caller.token();
    const dpop = proofFor(token);
    expectInvalidToken(await get(`authorization: ${scheme} ${token}`), 'sender_constrained_token');
    expectInvalidToken(
      await get(`authorization: ${scheme} ${token}`, `dpop: ${dpop}`),
      'sender_constrained_token',
    );
    expectExpenses(await get(`authorization: DPoP ${token}`, `dpop: ${dpop}`));
  });

  it('is refused as a bearer token when it is remembered as well', async () => {
    const token = caller.token();
    expectExpenses(await caller.send(token, proofFor(token)));
    expectInvalidToken(await api.get('/secured', token), 'sender_constrained_token');
    expectInvalidProof(await get(`authorization: DPoP ${token}`), 'missing_proof');
  });

  it('needs a new proof for every request, though it is remembered', async () => {
    const token = caller.token();
    for (const htm of ['GET', 'GET', 'POST', 'GET']) {
      const answer = await caller.send(token, proofFor(token, { htm }));
      if (htm === 'GET') expectExpenses(answer);
      else expectInvalidProof(answer, 'wrong_proof_method');
    }
  });

  it.each<[string, unknown]>([
    ['no object', 'jkt'],
    ['null', null],
    ['a list', [{ jkt: 'x' }]],
    ['empty', {}],
    ['a number for a thumbprint', { jkt: 1 }],
    ['an empty thumbprint', { jkt: '' }],
    ['a thumbprint that is too short', { jkt: 'A'.repeat(42) }],
    ['a thumbprint that is too long', { jkt: 'A'.repeat(44) }],
    ['a thumbprint with padding', { jkt: `${'A'.repeat(43)}=` }],
    ['a thumbprint in a list', { jkt: ['A'.repeat(43)] }],
    ['the key itself', { jwk: new DpopClient().jwk }],
    ['the name of a key', { kid: 'a' }],
    ['an address of a key', { jku: 'https://example.com' }],
    ['a certificate', { 'x5t#S256': 'A'.repeat(43) }],
    ['the thumbprint and a name', 'and kid'],
    ['the thumbprint and a certificate', 'and x5t#S256'],
    ['the thumbprint and what nobody knows', 'and tls-exporter'],
  ])('is refused when its binding is %s', async (_title, binding) => {
    const [, member] = /^and (.*)$/.exec(String(binding)) ?? [];
    const cnf = member ? { ...caller.client.confirmation, [member]: 'A'.repeat(43) } : binding;
    const token = caller.token({ cnf });
    expectInvalidProof(await caller.send(token, proofFor(token)), 'unverifiable_binding');
    expectInvalidToken(await api.get('/secured', token), 'unverifiable_binding');
  });

  it('is refused with a proof by a key of another token', async () => {
    const other = new BoundCaller(issuer, api);
    const token = other.token();
    expectInvalidProof(await caller.send(token, proofFor(token)), 'wrong_proof_key');
    expectExpenses(await other.send(token, other.client.proof({ url: SECURED, token })));
  });

  it('takes a proof once, in whatever spelling of the URL it is used', async () => {
    const token = caller.token();
    const dpop = proofFor(token);
    const lines = [`authorization: DPoP ${token}`, `dpop: ${dpop}`];
    expectExpenses(await rawRequest(url, 'GET /%73ecured HTTP/1.1', lines));
    expectInvalidProof(await rawRequest(url, 'GET /secured HTTP/1.1', lines), 'replayed_proof');
  });
});

describe('a token that is bound to nothing', () => {
  it('is refused behind the scheme DPoP, with a proof and without', async () => {
    const token = unbound();
    expectInvalidProof(await caller.send(token, proofFor(token)), 'unbound_token');
    expectInvalidProof(await get(`authorization: DPoP ${token}`), 'unbound_token');
    expectExpenses(await api.get('/secured', token));
  });

  it.each([
    ['a good proof', (token: string) => proofFor(token)],
    ['an empty proof', () => ''],
    ['a bad proof', () => 'x'],
  ])('is refused as a bearer token beside %s', async (_title, proof) => {
    const token = unbound();
    expectContradiction(
      await get(`authorization: Bearer ${token}`, `dpop: ${proof(token)}`),
      'Bearer',
      'A DPoP proof must not be sent with a bearer token',
    );
    expectExpenses(await api.get('/secured', token));
  });
});

describe('credentials that say two things are refused', () => {
  it.each<[string, (token: string) => string[]]>([
    ['both schemes', (token) => [`authorization: DPoP ${token}`, `authorization: Bearer ${token}`]],
    ['the scheme twice', (token) => [`authorization: DPoP ${token}`, `authorization: DPoP ${token}`]],
  ])('%s', async (_title, headers) => {
    const token = caller.token();
    const answer = await get(...headers(token), `dpop: ${proofFor(token)}`);
    expectContradiction(answer, 'DPoP', 'The request has more than one Authorization header');
  });

  it.each<[string, string]>([
    ['the scheme alone', 'DPoP'],
    ['the scheme and a space', 'DPoP '],
    ['two tokens', 'DPoP a b'],
    ['parameters', 'DPoP token="a"'],
    ['the other scheme behind it', 'DPoP Bearer a'],
  ])('%s', async (_title, authorization) => {
    const answer = await get(`authorization: ${authorization}`, `dpop: ${proofFor('a')}`);
    expect([answer.statusCode, JSON.parse(answer.body).code]).toEqual([400, 'invalid_request']);
  });

  it('the token in the query, or in the body, beside it', async () => {
    const token = caller.token({ scopes: ['read:reports', 'create:expenses'] });
    const headers = (method: string) => [
      `authorization: DPoP ${token}`,
      `dpop: ${caller.client.proof({ method, url: SECURED, token })}`,
    ];
    const inQuery = await rawRequest(url, `GET /secured?access_token=${token} HTTP/1.1`, headers('GET'));
    expectContradiction(inQuery, 'DPoP', 'An access token must not be sent in the query');
    const body = JSON.stringify({ access_token: token });
    const inBody = await post('application/json', body, ...headers('POST'));
    expectContradiction(inBody, 'DPoP', 'An access token must not be sent in the body');
  });

  it.each(['DPoP-x', 'DPoPa', 'DPoP2', 'Basic'])('nothing is said by the scheme %s', async (scheme) => {
    const token = caller.token();
    expectMissingToken(await get(`authorization: ${scheme} ${token}`, `dpop: ${proofFor(token)}`));
  });
});

describe('where the client says that the API is, which is not believed', () => {
  const evil = 'https://evil.test/secured';
  it.each<[string, string, string[]]>([
    [
      'X-Forwarded-Host',
      'GET /secured HTTP/1.1',
      ['x-forwarded-host: evil.test', 'x-forwarded-proto: https'],
    ],
    ['Forwarded', 'GET /secured HTTP/1.1', ['forwarded: host=evil.test;proto=https']],
    ['X-Original-URL', 'GET /secured HTTP/1.1', ['x-original-url: https://evil.test/secured']],
    ['a target in absolute form', 'GET https://evil.test/secured HTTP/1.1', []],
  ])('%s', async (_title, request, headers) => {
    const token = caller.token();
    const authorization = `authorization: DPoP ${token}`;
    const send = (dpop: string) => rawRequest(url, request, [authorization, `dpop: ${dpop}`, ...headers]);
    expectInvalidProof(await send(caller.client.proof({ url: evil, token })), 'wrong_proof_uri');
    expectExpenses(await send(proofFor(token)));
  });

  it('a proof for one host is of no use at another whose name Host gives', async () => {
    const token = caller.token();
    const dpop = caller.client.proof({ url: evil, token });
    const answer = await api.inject({
      method: 'GET',
      url: '/secured',
      headers: { host: 'evil.test', authorization: `DPoP ${token}`, dpop },
    });
    expectInvalidProof(answer, 'wrong_proof_uri');
  });

  it('the query of the request is no part of the URL', async () => {
    const token = caller.token();
    const lines = [`authorization: DPoP ${token}`, `dpop: ${proofFor(token)}`];
    expectExpenses(await rawRequest(url, 'GET /secured?page=2&x=%2F HTTP/1.1', lines));
  });

  it.each(['x-http-method-override', 'x-method-override', 'x-http-method'])(
    'the method is that of the request, whatever %s says',
    async (header) => {
      const token = caller.token();
      const send = (htm: string) => caller.send(token, proofFor(token, { htm }), { [header]: 'POST' });
      expectInvalidProof(await send('POST'), 'wrong_proof_method');
      expectExpenses(await send('GET'));
    },
  );

  it('HEAD is another method than GET', async () => {
    const token = caller.token();
    const send = (method: string) =>
      api.inject({
        method: 'HEAD',
        url: '/secured',
        headers: {
          authorization: `DPoP ${token}`,
          dpop: caller.client.proof({ method, url: SECURED, token }),
        },
      });
    expect((await send('HEAD')).statusCode).toBe(200);
    expect((await send('GET')).statusCode).toBe(401);
  });

  it('a proof for one route is of no use on another', async () => {
    const token = caller.token({ scopes: ['read:reports', 'read:all_reports'] });
    const both = (dpop: string) =>
      api.inject({
        method: 'GET',
        url: '/secured/both',
        headers: { authorization: `DPoP ${token}`, dpop },
      });
    expect((await both(proofFor(token))).statusCode).toBe(401);
    const right = caller.client.proof({ url: `${BASE_URL}/secured/both`, token });
    expect((await both(right)).statusCode).toBe(200);
  });
});
