import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Lab } from '../../apps/web/test/support/lab.js';
import { ALICE, loggedIn } from '../../apps/web/test/support/people.js';
import type { Visitor } from '../../apps/web/test/support/visitor.js';

/** How long the web application waits for a body that brings nothing, in milliseconds, and how exact that must be. */
const SILENCE_MS = 10_000;
const TOLERANCE_MS = 3000;

/** What a server answered to a request that is sent by and by, and after how many milliseconds the connection closed. */
async function sendSlowly(url: string, head: string[], pieces: string[], pauseMs: number) {
  const socket = connect(Number(new URL(url).port), 'localhost');
  let answer = '';
  let closedAt = 0;
  const startedAt = performance.now();
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => (answer += chunk.toString()));
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      closedAt = performance.now();
      resolve();
    }),
  );
  socket.write([...head, 'host: localhost', '\r\n'].join('\r\n'));
  for (const piece of pieces) {
    socket.write(piece);
    await delay(pauseMs);
  }
  await closed;
  return { status: answer.split(' ')[1], afterMs: closedAt - startedAt };
}

const FORM = 'content-type: application/x-www-form-urlencoded';
const MULTIPART = 'content-type: multipart/form-data; boundary=x';
const form = (path: string) => [`POST ${path} HTTP/1.1`, FORM, 'content-length: 50'];

describe('The web application', () => {
  let lab: Lab;
  let alice: Visitor;
  let token = '';
  beforeAll(async () => {
    lab = await Lab.start();
    const { visitor, page } = await loggedIn(lab, ALICE);
    alice = visitor;
    token = page.form('Log out').fields.get('csrf')!;
  });
  afterAll(() => lab?.close());

  const filePart = () =>
    [
      '--x',
      'content-disposition: form-data; name="csrf"',
      '',
      token,
      '--x',
      'content-disposition: form-data; name="file"; filename="a.csv"',
      '',
      'date,description,value',
    ].join('\r\n');

  it('cuts forms that stop coming, with 408, whoever sends them', async () => {
    const requests: Record<string, [head: string[], body: string]> = {
      'of a stranger': [form('/expenses'), 'csrf='],
      'to no address of ours': [form('/nothing'), 'csrf='],
      'of which nothing comes': [form('/logout'), ''],
      'with the file of a person': [
        [
          'POST /expenses/import HTTP/1.1',
          MULTIPART,
          'content-length: 9000',
          `cookie: ${alice.cookieHeader}`,
        ],
        filePart(),
      ],
    };
    const answers = await Promise.all(
      Object.entries(requests).map(async ([name, [head, body]]) => {
        const answer = await sendSlowly(lab.url, head, [body], 0);
        return [name, answer] as const;
      }),
    );
    for (const [name, { status, afterMs }] of answers) {
      expect([name, status]).toEqual([name, '408']);
      expect(afterMs).toBeGreaterThan(SILENCE_MS - 1000);
      expect(afterMs).toBeLessThan(SILENCE_MS + TOLERANCE_MS);
    }
  });

  it('waits for a form that comes slowly, and longer than it would wait in silence', async () => {
    const body = `csrf=${token}`;
    const head = ['POST /nothing HTTP/1.1', FORM, `content-length: ${body.length}`, 'connection: close'];
    const { status, afterMs } = await sendSlowly(lab.url, head, [...body.match(/.{1,8}/g)!], 3000);
    expect(afterMs).toBeGreaterThan(SILENCE_MS + TOLERANCE_MS);
    expect(status).toBe('404');
  });
});
