import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { fetchJson, MAX_ANSWER_BYTES } from './fetch-json.js';

let server: Server;
let url: string;
let answer: RequestListener;
let hits = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    hits += 1;
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
});

afterAll(() => {
  server?.closeAllConnections();
  server?.close();
});

const get = (patienceMs = 5000) => fetchJson(url, AbortSignal.timeout(patienceMs));
const answerWith = (body: string | Buffer, headers = {}, status = 200) => {
  answer = (_request, response) => response.writeHead(status, headers).end(body);
};

it('gives a JSON object back, whatever its media type', async () => {
  answerWith('{"keys":[]}', { 'content-type': 'text/plain' });
  expect(await get()).toMatchObject({ body: { keys: [] }, maxAgeSeconds: undefined });
});

describe('how long the answer may be kept', () => {
  it.each([
    ['max-age=300', 300],
    ['public, max-age=300, must-revalidate', 300],
    ['MAX-AGE="300"', 300],
    ['s-maxage=10, max-age=300', 300],
    ['max-age=99999999999999', 9_999_999_999],
    ['no-store', 0],
    ['no-cache, max-age=300', 0],
    ['private', undefined],
    ['max-age=-1', undefined],
    ['max-age=soon', undefined],
    ['x-max-age=300', undefined],
  ])('is read from Cache-Control: %s', async (header, seconds) => {
    answerWith('{}', { 'cache-control': header });
    expect((await get()).maxAgeSeconds).toBe(seconds);
  });
});

/** How far the clock of the issuer is ahead by an answer with these headers. */
const skewBy = async (headers: Record<string, string>) => {
  answerWith('{}', headers);
  return (await get()).clockSkewSeconds;
};
const dateIn = (seconds: number) => ({ date: new Date(Date.now() + seconds * 1000).toUTCString() });
/** Digits before the point that count: a Date is in whole seconds, and a machine takes its time. */
const WITHIN_5 = -1;

describe('how far the clock of the issuer is ahead', () => {
  it('is told by its Date', async () => {
    expect(await skewBy(dateIn(300))).toBeCloseTo(300, WITHIN_5);
    expect(await skewBy(dateIn(-300))).toBeCloseTo(-300, WITHIN_5);
  });

  it('is not taken for the time that a cache has kept the answer', async () => {
    expect(await skewBy({ ...dateIn(-300), age: '300' })).toBeCloseTo(0, WITHIN_5);
    expect(await skewBy({ ...dateIn(-300), age: 'long' })).toBeCloseTo(-300, WITHIN_5);
  });

  it('is not known by a Date that is none', async () => {
    expect(await skewBy({ date: 'today' })).toBeUndefined();
  });
});

describe('every other answer is an error that says what was wrong', () => {
  it.each([
    ['an empty body', '', 200, 'did not answer JSON'],
    ['HTML', '<!doctype html>', 200, 'did not answer JSON'],
    ['half of an object', '{"keys":', 200, 'did not answer JSON'],
    ['a list', '[]', 200, 'did not answer a JSON object'],
    ['null', 'null', 200, 'did not answer a JSON object'],
    ['text', '"keys"', 200, 'did not answer a JSON object'],
    ['201', '{}', 201, 'answered 201'],
    ['204', '', 204, 'answered 204'],
    ['304', '', 304, 'answered 304'],
    ['404', '{}', 404, 'answered 404'],
    ['500', '{}', 500, 'answered 500'],
  ])('%s', async (_title, body, status, message) => {
    answerWith(body, {}, status);
    await expect(get()).rejects.toThrow(`${url} ${message}`);
  });

  it.each([301, 302, 303, 307, 308])('a redirect, which is not followed: %i', async (status) => {
    hits = 0;
    answerWith('', { location: '/elsewhere' }, status);
    await expect(get()).rejects.toThrow(`${url} answered ${status}`);
    expect(hits).toBe(1);
  });

  it('more than the limit', async () => {
    answerWith(JSON.stringify({ padding: 'x'.repeat(MAX_ANSWER_BYTES) }));
    await expect(get()).rejects.toThrow('answered more than 1048576 bytes');
  });

  it('more than the limit once it is unpacked', async () => {
    const packed = gzipSync(JSON.stringify({ padding: 'x'.repeat(4 * MAX_ANSWER_BYTES) }));
    expect(packed.length).toBeLessThan(MAX_ANSWER_BYTES);
    answerWith(packed, { 'content-encoding': 'gzip' });
    await expect(get()).rejects.toThrow('answered more than 1048576 bytes');
  });

  it('an answer that never ends', async () => {
    answer = (_request, response) => {
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    };
    await expect(get(300)).rejects.toThrow(/abort|time/i);
  });

  it('an answer that breaks off', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{', () => response.destroy());
    };
    await expect(get()).rejects.toThrow('terminated');
  });
});

describe('the address', () => {
  it.each([
    'http://issuer.example.com/',
    'http://127.0.0.1.example.com/',
    'ftp://localhost/',
    'file:///etc/passwd',
    'data:application/json,{}',
  ])('is refused before anything is sent: %s', async (address) => {
    await expect(fetchJson(address, AbortSignal.timeout(1000))).rejects.toThrow('must use https');
  });

  it('is refused when it is none', async () => {
    await expect(fetchJson('issuer', AbortSignal.timeout(1000))).rejects.toThrow('Invalid URL');
  });
});

/** Whether certificates can be made here. */
function hasOpenssl(): boolean {
  try {
    return execFileSync('openssl', ['version']).toString().startsWith('OpenSSL 3');
  } catch {
    return false;
  }
}

(hasOpenssl() ? describe : describe.skip)(
  'a certificate that nobody trusts (skipped without openssl)',
  () => {
    let folder: string;
    const read = (name: string) => readFileSync(join(folder, name));

    /** Makes `name.crt` and `name.key`, signed by another one or by itself. */
    function certify(name: string, isAuthority: boolean, signer?: string): void {
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
      const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', `/CN=${name}`];
      const uses = ['subjectAltName=DNS:localhost', `basicConstraints=critical,CA:${isAuthority}`];
      const signedBy = signer ? ['-CA', `${signer}.crt`, '-CAkey', `${signer}.key`] : [];
      const extensions = uses.flatMap((use) => ['-addext', use]);
      const parameters = ['req', '-x509', ...key, ...files, ...extensions, ...signedBy];
      execFileSync('openssl', parameters, { cwd: folder, stdio: 'ignore' });
    }

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'certificates-'));
      certify('root', true);
      certify('between', true, 'root');
      certify('server', false, 'between');
      certify('alone', false);
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it.each([
      ['of an authority that is not sent', ['server'], 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      ['of an authority whose own is not sent', ['server', 'between'], 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
      ['of an authority that is sent', ['server', 'between', 'root'], 'SELF_SIGNED_CERT_IN_CHAIN'],
      ['signed by itself', ['alone'], 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ])('is told with the way out of it: one %s', async (_title, chain, code) => {
      const cert = Buffer.concat(chain.map((name) => read(`${name}.crt`)));
      const tls = createTlsServer({ key: read(`${chain[0]}.key`), cert }, (_request, response) =>
        response.end('{}'),
      );
      await once(tls.listen(0, 'localhost'), 'listening');
      const address = `https://localhost:${(tls.address() as AddressInfo).port}/keys`;
      const error: Error = await fetchJson(address, AbortSignal.timeout(5000)).then(
        () => new Error('it was trusted'),
        (refused: Error) => refused,
      );
      tls.closeAllConnections();
      tls.close();
      expect(error.message).toMatch(
        new RegExp(`^${address}: its certificate is not of .* NODE_EXTRA_CA_CERTS,.*NODE_USE_SYSTEM_CA=1$`),
      );
      expect(error.cause).toMatchObject({ code });
    });

    it('is not what another failure of a connection is taken for', async () => {
      const address = url.replace('http:', 'https:');
      await expect(fetchJson(address, AbortSignal.timeout(5000))).rejects.toThrow(/^fetch failed$/);
    });
  },
);
