import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  dictionary,
  oneof,
  string,
  tuple,
  webPath,
} from 'fast-check';
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { rawRequest } from '../../../test/support/raw-request.js';
import { Sealing } from '../src/sessions/sealing.js';
import { Lab } from './support/lab.js';
import { ALICE, loggedIn, logIn } from './support/people.js';
import { type Page, Visitor } from './support/visitor.js';

const ID = '0190a0a0-0000-7000-8000-000000000000';
const PATHS = [
  '/',
  '/login',
  '/callback?code=x&state=y',
  '/logout',
  '/backchannel-logout',
  '/expenses',
  '/expenses?month=2026-13&page=-1',
  '/expenses/import',
  `/expenses/import/${ID}`,
  `/expenses/${ID}`,
  `/expenses/${ID}/delete`,
  '/expenses.csv',
  '/totals',
  '/everyone',
  '/user',
  '/assets/app.css',
  '/health/ready',
];
const MULTIPART = 'content-type: multipart/form-data; boundary=x';
const HEADERS = [
  MULTIPART,
  'content-type: multipart/form-data; boundary=',
  'content-type: multipart/form-data',
  'content-type: application/x-www-form-urlencoded',
  'content-type: application/json',
  'content-type: ;',
  'content-encoding: gzip',
  'accept: application/json',
  'accept-language: *;q=0, \u00e9',
  'authorization: Bearer a.b.c',
  'cookie: a=b; =; ;;',
  'if-none-match: "x"',
  'origin: null',
  'range: bytes=9-1',
  'sec-fetch-site: cross-site',
  'x-forwarded-host: a b',
];

/** Parts of a form, as they may arrive and as they may not. */
const PIECES = [
  'TOKEN',
  '--x\r\n',
  '--x--\r\n',
  '\r\n',
  '\r\n--x',
  'content-disposition: form-data; name="csrf"\r\n',
  'content-disposition: form-data; name="file"; filename="a.csv"\r\n',
  'content-disposition: form-data; name="__proto__"\r\n',
  'content-disposition: form-data; name="toString"; filename="b"\r\n',
  "content-disposition: form-data; name*=utf-8''%ff\r\n",
  'content-type: application/json\r\n',
  'content-type: text/csv; charset=utf-16\r\n',
  'content-transfer-encoding: base64\r\n',
  'date,description,value\n2026-01-02,x,1\n',
  '{"a":',
  '\u00ff\u0000',
];

const cookiesOf = ({ cookieHeader }: Visitor) => `cookie: ${cookieHeader}`;

/** What a form with a file begins with; every form of a person has the same token. */
const tokenPart = (page: Page) =>
  `--x\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n${page.form('Log out').fields.get('csrf')}\r\n`;

const FILE = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n';

describe('Input of any kind', () => {
  let lab: Lab;
  let alice: Visitor;
  let page: Page;

  beforeAll(async () => {
    lab = await Lab.start();
    ({ visitor: alice, page } = await loggedIn(lab, ALICE));
  });
  afterAll(() => lab?.close());

  it.each([
    ['ends before its file', ''],
    ['ends in the head of its file', FILE],
    ['ends in its file', `${FILE}\r\ndate,description,value`],
    ['ends after its file', `${FILE}\r\ndate,description,value\r\n--x`],
    [
      'has a file that is named as what all objects have',
      '--x\r\ncontent-disposition: form-data; name="toString"; filename="a"\r\n\r\na\r\n--x--',
    ],
    ['has a part without a name', '--x\r\ncontent-type: text/csv\r\n\r\na\r\n--x--'],
    ['has no file', '--x--'],
  ])('is a fault of its sender when a form %s', async (_what, rest) => {
    const body = `${tokenPart(page)}${rest}`;
    const answer = await rawRequest(
      lab.url,
      'POST /expenses/import HTTP/1.1',
      [cookiesOf(alice), MULTIPART],
      body,
    );
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain('This cannot be shown');
  });

  it('is no fault of ours, and leaves no file, when the client leaves in the middle of its file', async () => {
    const log: string[] = [];
    const changes = { SESSION_SECRET: `of this test alone: ${randomUUID()}` };
    const other = await lab.startOtherWeb(changes, { logTo: { write: (line) => log.push(line) } });
    const mark = other.app.get(Sealing).fingerprint('uploads', 'auth0|alice').slice(0, 22);
    const files = async () => {
      const names = await readdir(join(tmpdir(), `expenses-uploads-${userInfo().username}`)).catch(() => []);
      return names.filter((name) => name.startsWith(mark));
    };
    try {
      const visitor = new Visitor(other.url);
      const token = tokenPart(await logIn(visitor, lab, ALICE, '/expenses'));
      const socket = connect(Number(new URL(other.url).port), 'localhost');
      const head = ['POST /expenses/import HTTP/1.1', 'host: localhost', cookiesOf(visitor), MULTIPART];
      const form = `${token}${FILE}\r\n${'a'.repeat(200_000)}`;
      socket.write(`${head.join('\r\n')}\r\ncontent-length: 900000\r\n\r\n${form}`);
      while ((await files()).length === 0) await delay(10);
      socket.resetAndDestroy();
      while (!log.some((line) => line.includes('"POST"'))) await delay(10);
      while ((await files()).length > 0) await delay(10);
      expect(log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it('is answered without a server error, and the connection never breaks, whatever is written into it', async () => {
    const name = constantFrom(
      'accept',
      'accept-language',
      'content-type',
      'cookie',
      'expect',
      'origin',
      'referer',
    );
    const written = string({ unit: 'binary-ascii', maxLength: 40 }).map((text) =>
      text.replaceAll(/[\r\n]/g, ''),
    );
    const header = oneof(
      constantFrom(...HEADERS),
      tuple(name, written).map((pair) => pair.join(': ')),
    );
    const contents = oneof(
      constantFrom('', '{', 'csrf=x', 'a=%', '%ff=%00', 'logout_token=a.b.c', '\x1f\x8b\x08'),
      dictionary(constantFrom('csrf', 'description', 'value', 'date', '__proto__'), string()).map((fields) =>
        new URLSearchParams(fields).toString(),
      ),
      array(constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => pieces.join('')),
    );
    const token = tokenPart(page);
    await assert(
      asyncProperty(
        constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'),
        oneof(constantFrom(...PATHS), webPath(), constantFrom('*', '//', '/%ff', '/expenses/%ff')),
        array(header, { maxLength: 4 }),
        contents,
        boolean(),
        async (method, path, headers, content, isLoggedIn) => {
          const all = isLoggedIn ? [cookiesOf(alice), ...headers] : headers;
          const body = content.replaceAll('TOKEN', token);
          const { statusCode } = await rawRequest(lab.url, `${method} ${path} HTTP/1.1`, all, body);
          expect(statusCode).toBeGreaterThanOrEqual(200);
          expect(statusCode).toBeLessThan(500);
        },
      ),
      { numRuns: 600 },
    );
  }, 60_000);
});
