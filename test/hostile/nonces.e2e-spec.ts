import { createHmac, randomUUID } from 'node:crypto';
import { DpopClient } from '../../src/testing/dpop-client.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { BoundCaller, SECURED } from '../support/bound-caller.js';
import { startClock, stopClock } from '../support/clock.js';
import { expectExpenses, expectInvalidProof, expectNonceRequest } from '../support/refusal.js';

const SECRET = 'a secret that processes share, of 32 characters';

let issuer: TestIssuer;
let asking: TestApp;
let client: BoundCaller;

beforeAll(async () => {
  issuer = await startTestIssuer();
  asking = await createAuthApp(issuer, {
    variables: { DPOP_NONCE: 'required', DPOP_NONCE_SECRET: SECRET },
  });
  client = new BoundCaller(issuer, asking);
});
afterAll(async () => {
  await asking?.close();
  await issuer?.close();
});
afterEach(startClock);

const nonceOf = (secret: string, minutesAgo: number) =>
  createHmac('sha256', secret)
    .update(`dpop-nonce ${Math.floor(Date.now() / 60_000) - minutesAgo}`)
    .digest('base64url');

const sendWith = (claims: object, by = client) => {
  const token = by.token();
  return by.send(token, by.client.proof({ url: SECURED, token }, { ...claims }));
};
const currentNonce = async () => expectNonceRequest(await sendWith({}));

describe('a nonce that is required', () => {
  it('is asked for, and taken once it is there, by every key', async () => {
    const nonce = await currentNonce();
    expectExpenses(await sendWith({ nonce }));
    expectExpenses(await sendWith({ nonce }, new BoundCaller(issuer, asking, new DpopClient('EdDSA'))));
  });

  it.each<[string, (nonce: string) => string]>([
    ['forged', () => randomUUID()],
    ['of another process', () => nonceOf('another secret, which nobody shares', 0)],
    ['of two minutes ago', () => nonceOf(SECRET, 2)],
    ['of an hour ago', () => nonceOf(SECRET, 60)],
    ['of the next minute', () => nonceOf(SECRET, -1)],
    ['cut off', (nonce) => nonce.slice(0, -1)],
    ['with a letter behind it', (nonce) => `${nonce}A`],
    ['with padding', (nonce) => `${nonce}=`],
    ['in small letters', (nonce) => nonce.toLowerCase()],
    ['of letters that take two bytes', (nonce) => 'é'.repeat(nonce.length)],
    ['of 4000 letters', () => 'n'.repeat(4000)],
    ['that is the name of a method', () => '__proto__'],
  ])('is asked for again when the one that comes is %s', async (_title, change) => {
    // Whatever the time: none of the answers is to fall into another minute than its question.
    stopClock(Math.floor(Date.now() / 60_000) * 60_000 + 30_000);
    const nonce = await currentNonce();
    expect(nonce).toBe(nonceOf(SECRET, 0));
    const answer = await sendWith({ nonce: change(nonce) });
    expect(expectNonceRequest(answer)).toBe(nonce);
    expectExpenses(await sendWith({ nonce }));
  });

  it('of the minute before is good, and the answer gives the next one', async () => {
    stopClock(Math.floor(Date.now() / 60_000) * 60_000 + 30_000);
    const answer = await sendWith({ nonce: nonceOf(SECRET, 1) });
    expectExpenses(answer);
    expect(answer.headers['dpop-nonce']).toBe(nonceOf(SECRET, 0));
    expect((await sendWith({ nonce: nonceOf(SECRET, 0) })).headers).not.toHaveProperty('dpop-nonce');
  });

  it('helps nothing that is wrong otherwise, and is not given to who does not hold the key', async () => {
    const nonce = await currentNonce();
    const token = client.token();
    const subject = { url: SECURED, token };
    for (const [proof, reason] of [
      [client.client.proof(subject, { nonce, htm: 'POST' }), 'wrong_proof_method'],
      [client.client.proof(subject, {}, {}, new DpopClient().privateKey), 'bad_proof_signature'],
      [new DpopClient().proof(subject), 'wrong_proof_key'],
    ] as const) {
      const answer = await client.send(token, proof);
      expectInvalidProof(answer, reason);
      expect(answer.headers).not.toHaveProperty('dpop-nonce');
    }
  });

  it('does not use up the id of a proof without it', async () => {
    const jti = randomUUID();
    const nonce = expectNonceRequest(await sendWith({ jti }));
    expectExpenses(await sendWith({ jti, nonce }));
    expectInvalidProof(await sendWith({ jti, nonce }), 'replayed_proof');
  });
});
