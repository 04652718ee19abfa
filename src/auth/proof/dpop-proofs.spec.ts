import { jest } from '@jest/globals';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { DpopClient } from '../../testing/dpop-client.js';
import { signToken } from '../../testing/sign-token.js';
import type { DpopOptions } from './dpop.options.js';
import { DpopProofs, type ProvenRequest } from './dpop-proofs.js';

const RESOURCE = 'https://api.example.com/v1';
const url = `${RESOURCE}/expenses`;
const token = 'an.access.token';

const requestWith = (dpop: string | undefined, others: Partial<ProvenRequest> = {}): ProvenRequest => ({
  method: 'GET',
  url: '/expenses?limit=1',
  headers: { dpop },
  raw: { rawHeaders: dpop === undefined ? [] : ['DPoP', dpop] },
  ...others,
});
const proofs = (options: DpopOptions = {}) => new DpopProofs(options, RESOURCE, 5);

/** The reason for which a request is refused; none when it is not. */
async function reasonFor(judge: () => unknown): Promise<string | undefined> {
  try {
    await judge();
    return undefined;
  } catch (error) {
    return (error as { reason: string }).reason;
  }
}

describe('a proof', () => {
  // RFC 9449, 7.1: its access token, proof and thumbprint, on 4 July 2019.
  const example = {
    token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
    thumbprint: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
    proof: [
      'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscE',
      'JoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.',
      'eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZW',
      'RyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.',
      '2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
    ].join(''),
  };

  afterEach(() => jest.useRealTimers());

  it('of the example in RFC 9449 is good in its minute', async () => {
    jest.useFakeTimers({ now: 1_562_262_618_000, doNotFake: ['nextTick', 'performance'] });
    const judge = new DpopProofs({}, 'https://resource.example.org', 5);
    const request = requestWith(example.proof, { url: '/protectedresource' });
    expect(await judge.verify(request, example.token, example.thumbprint)).toStrictEqual({});
    expect(await reasonFor(() => judge.verify(request, example.token, example.thumbprint))).toBe(
      'replayed_proof',
    );
  });

  it.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const)(
    'of a client with a key for %s is good where that is allowed',
    async (alg) => {
      const client = new DpopClient(alg);
      const request = requestWith(client.proof({ url, token }));
      const algorithm = alg === 'Ed25519' ? 'EdDSA' : alg;
      const judge = proofs({ algorithms: [algorithm] });
      expect(await judge.verify(request, token, client.confirmation.jkt)).toStrictEqual({});
      const others = proofs({ algorithms: [algorithm === 'ES256' ? 'PS384' : 'ES256'] });
      expect(await reasonFor(() => others.verify(request, token, client.confirmation.jkt))).toBe(
        'unsupported_proof_algorithm',
      );
    },
  );

  it.each([
    [59, undefined],
    [64, undefined],
    [66, 'proof_too_old'],
    [-4, undefined],
    [-7, 'proof_from_future'],
  ])('that is %i s old is refused for %s, with 5 s of forgiven clock difference', async (age, reason) => {
    const client = new DpopClient();
    const iat = Date.now() / 1000 - age;
    const request = requestWith(client.proof({ url, token }, { iat }));
    expect(await reasonFor(() => proofs().verify(request, token, client.confirmation.jkt))).toBe(reason);
  });

  it('that was refused is not used up, and one that was used is, whatever comes between', async () => {
    const [client, other] = [new DpopClient(), new DpopClient()];
    const judge = proofs();
    const request = requestWith(client.proof({ url, token }, { jti: 'one' }));
    expect(await reasonFor(() => judge.verify(request, 'other', client.confirmation.jkt))).toBe(
      'wrong_proof_token',
    );
    expect(await reasonFor(() => judge.verify(request, token, other.confirmation.jkt))).toBe(
      'wrong_proof_key',
    );
    expect(await reasonFor(() => judge.verify(request, token, client.confirmation.jkt))).toBeUndefined();
    const sameJti = requestWith(other.proof({ url, token }, { jti: 'one' }));
    expect(await reasonFor(() => judge.verify(sameJti, token, other.confirmation.jkt))).toBeUndefined();
    const again = requestWith(client.proof({ url, token }, { jti: 'one' }));
    expect(await reasonFor(() => judge.verify(again, token, client.confirmation.jkt))).toBe('replayed_proof');
  });

  it('is asked of a place that many processes share, and only when all else is well', async () => {
    const used: [string, number][] = [];
    const replays = {
      use: (id: string, until: number) => {
        used.push([id, until]);
        return Promise.resolve(used.length === 1);
      },
    };
    const client = new DpopClient();
    const judge = proofs({ replays });
    const iat = Math.floor(Date.now() / 1000);
    const good = requestWith(client.proof({ url, token }, { iat }));
    const forged = requestWith(client.proof({ url, token }, {}, {}, new DpopClient().privateKey));
    expect(await reasonFor(() => judge.verify(forged, token, client.confirmation.jkt))).toBe(
      'bad_proof_signature',
    );
    expect(await judge.verify(good, token, client.confirmation.jkt)).toStrictEqual({});
    expect(await reasonFor(() => judge.verify(good, token, client.confirmation.jkt))).toBe('replayed_proof');
    expect(used).toStrictEqual([used[0], used[0]]);
    expect(used[0]).toStrictEqual([expect.stringMatching(/^[\w-]{43}$/), iat + 65]);
  });

  it('with a weak RSA key is refused, though the token names that key', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const { n, e } = publicKey.export({ format: 'jwk' });
    const thumbprint = createHash('sha256')
      .update(JSON.stringify({ e, kty: 'RSA', n }))
      .digest('base64url');
    const claims = {
      jti: '1',
      htm: 'GET',
      htu: url,
      iat: Date.now() / 1000,
      ath: createHash('sha256').update(token).digest('base64url'),
    };
    const proof = signToken({ typ: 'dpop+jwt', alg: 'RS256', jwk: { kty: 'RSA', n, e } }, claims, privateKey);
    expect(await reasonFor(() => proofs().verify(requestWith(proof), token, thumbprint))).toBe(
      'unusable_proof_key',
    );
  });
});

describe('a nonce', () => {
  const secret = 'a secret that processes share';
  afterEach(() => jest.useRealTimers());

  it('is asked for, then good for two minutes at most, and replaced in time', async () => {
    const start = 1_800_000_000_000;
    jest.useFakeTimers({ now: start, doNotFake: ['nextTick', 'performance'] });
    const client = new DpopClient();
    const judge = proofs({ nonce: 'required', nonceSecret: secret });
    const send = (nonce?: string) =>
      judge.verify(requestWith(client.proof({ url, token }, { nonce })), token, client.confirmation.jkt);
    const asked = await Promise.resolve()
      .then(() => send())
      .catch((error: unknown) => error as { reason: string; headers: Record<string, string> });
    expect(asked).toMatchObject({ reason: 'use_dpop_nonce' });
    const given = (asked as { headers: Record<string, string> }).headers['dpop-nonce']!;
    expect(await send(given)).toStrictEqual({});
    jest.setSystemTime(start + 60_000);
    const { nextNonce } = await send(given);
    expect(nextNonce).not.toBe(given);
    expect(await send(nextNonce)).toStrictEqual({});
    jest.setSystemTime(start + 120_000);
    expect(await reasonFor(() => send(given))).toBe('use_dpop_nonce');
    expect(await send(nextNonce)).toMatchObject({ nextNonce: expect.any(String) });
  });

  it('of a process with the same secret is good, and that of another one is not', async () => {
    const client = new DpopClient();
    const nonceOf = async (judge: DpopProofs) => {
      try {
        await judge.verify(requestWith(client.proof({ url, token })), token, client.confirmation.jkt);
        return '';
      } catch (error) {
        return (error as { headers: Record<string, string> }).headers['dpop-nonce'];
      }
    };
    const judge = proofs({ nonce: 'required', nonceSecret: secret });
    const accepts = async (nonce: unknown) =>
      reasonFor(() =>
        judge.verify(requestWith(client.proof({ url, token }, { nonce })), token, client.confirmation.jkt),
      );
    const same = await nonceOf(proofs({ nonce: 'required', nonceSecret: secret }));
    expect(await accepts(same)).toBeUndefined();
    expect(await accepts(await nonceOf(proofs({ nonce: 'required' })))).toBe('use_dpop_nonce');
    expect(await accepts(`${same}A`)).toBe('use_dpop_nonce');
    expect(await accepts('')).toBe('invalid_proof_claim');
  });
});
