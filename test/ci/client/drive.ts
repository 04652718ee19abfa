import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';
import { readmeBody } from './readme-body.js';

// What somebody writes who has nothing but the description of the API. Types are as much of the test as answers are.

type Name = 'alice' | 'aliceOfAnHourAgo' | 'bob' | 'nobody';
type Urls = Record<'baseUrl' | 'strictUrl' | 'keylessUrl', string>;
const { baseUrl, strictUrl, keylessUrl, tokens } = JSON.parse(process.argv[2]!) as Urls & {
  tokens: Record<Name, string>;
};
type Json = 'application/json' | 'application/problem+json';
const headersOf = (name: Name) => ({ authorization: `Bearer ${tokens[name]}` });
const headers = headersOf('alice');
const api = createClient<paths, Json>({ baseUrl, headers });
const files = createClient<paths, 'text/csv'>({ baseUrl, headers });
const stranger = createClient<paths, Json>({ baseUrl });
/** Where a caller has two requests a minute. */
const strict = createClient<paths, Json>({ baseUrl: strictUrl, headers });
/** Where the keys of the issuer cannot be had. */
const keyless = createClient<paths, Json>({ baseUrl: keylessUrl, headers });

/** The codes that the description lists for one answer of an operation; an answer that it lacks does not compile. */
type CodeOf<Answer extends { content: { 'application/problem+json': { code?: string } } }> = NonNullable<
  Answer['content']['application/problem+json']['code']
>;

const created = await api.POST('/expenses', {
  body: readmeBody,
  params: { header: { 'Idempotency-Key': 'first' } },
});
assert.equal(created.response.status, 201);
const expense: components['schemas']['Expense'] = created.data!;
assert.equal(created.response.headers.get('location'), `/expenses/${expense.id}`);

const again = await api.POST('/expenses', {
  body: readmeBody,
  params: { header: { 'Idempotency-Key': 'first' } },
});
assert.equal(again.data?.id, expense.id);
assert.equal(again.response.headers.get('idempotency-replayed'), 'true');

const other = await api.POST('/expenses', {
  body: { date: '2026-01-02', description: 'Taxi', value: 9.5, currency: 'EUR', category: null },
  params: { header: { 'Idempotency-Key': 'first' } },
});
const reused: components['schemas']['Problem'] | undefined = other.error;
assert.equal(reused?.code, 'idempotency_key_reused');

const faulty = await api.POST('/expenses', { body: { date: 'tomorrow', description: '', value: 0 } });
assert.equal(faulty.response.status, 422);
assert.deepEqual(
  faulty.error?.errors?.map(({ pointer }) => pointer),
  ['#/date', '#/description', '#/value'],
);

const tooLong = await api.POST('/expenses', {
  body: { date: '2026-01-02', description: 'x'.repeat(20_000), value: 1 },
});
assert.equal(tooLong.error?.code, 'body_too_large');
const plain = await api.POST('/expenses', { body: readmeBody, headers: { 'content-type': 'text/plain' } });
assert.equal(plain.error?.code, 'unsupported_media_type');
assert.equal(plain.response.headers.get('accept'), 'application/json');

const path = { id: expense.id };
const read = await api.GET('/expenses/{id}', { params: { path } });
const tag = read.response.headers.get('etag')!;
const same = await api.GET('/expenses/{id}', { params: { path, header: { 'If-None-Match': tag } } });
assert.equal(same.response.status, 304);

const patched = await api.PATCH('/expenses/{id}', {
  params: { path, header: { 'If-Match': tag } },
  body: { category: 'food' },
});
assert.equal(patched.data?.category, 'food');
const stale = await api.PATCH('/expenses/{id}', {
  params: { path, header: { 'If-Match': tag } },
  body: { category: 'drinks' },
});
if (stale.response.status === 412) {
  // The code is one of those that the description lists.
  const code = stale.error?.code satisfies string | undefined;
  assert.equal(code, 'precondition_failed');
} else {
  assert.fail(`a stale tag was answered ${stale.response.status}`);
}

const stalePath = { params: { path, header: { 'If-Match': tag } } };
assert.equal((await api.GET('/expenses/{id}', stalePath)).error?.code, 'precondition_failed');
assert.equal((await api.DELETE('/expenses/{id}', stalePath)).error?.code, 'precondition_failed');
const noTag = await api.PATCH('/expenses/{id}', {
  params: { path, header: { 'If-Match': 'stale' } },
  body: {},
});
assert.equal(noTag.error?.code, 'invalid_header');

const file = 'date,description,value\n2026-03-31,Bus,2.50\n2026-04-01,Tram,2.50\n';
const sendFile = (body: string, dryRun: 'true' | 'false') =>
  api.POST('/expenses/import', {
    params: { query: { dryRun } },
    body,
    bodySerializer: (text) => text,
    headers: { 'content-type': 'text/csv' },
  });
const tried = await sendFile(file, 'true');
assert.ok(tried.data && 'dryRun' in tried.data && tried.data.imported === 2);
const faultyFile = await sendFile(file.replace('2.50', '2,50'), 'false');
assert.equal(faultyFile.error?.code, 'invalid_import');
const imported = await api.POST('/expenses/import', {
  body: file,
  bodySerializer: (text) => text,
  headers: { 'content-type': 'text/csv' },
});
assert.deepEqual(imported.data, { imported: 2, skipped: 0 });

const page = await api.GET('/expenses', { params: { query: { limit: '2', sort: '-value', count: 'true' } } });
assert.equal(page.data?.length, 2);
assert.equal(page.response.headers.get('x-total-count'), '3');
assert.match(page.response.headers.get('link') ?? '', /rel="next"/);

const exported = await files.GET('/expenses', { headers: { accept: 'text/csv' }, parseAs: 'text' });
const text: string | undefined = exported.data;
assert.equal(text?.split('\r\n').length, 5);

const history = await api.GET('/expenses/{id}/history', { params: { path } });
assert.deepEqual(
  history.data?.map(({ action }) => action),
  ['updated', 'created'],
);

const months = await api.GET('/reports/monthly', { params: { query: { currency: 'USD' } } });
assert.equal(typeof months.data?.[0]?.total, 'string');
const categories = await api.GET('/reports/categories');
assert.deepEqual(
  categories.data?.map(({ category }) => category),
  ['food', null],
);
const currencies = await api.GET('/currencies');
assert.ok(currencies.data?.currencies.some(({ code, minorUnits }) => code === 'EUR' && minorUnits === 2));

const foreign = await api.GET('/expenses', { params: { query: { owner: '*' } } });
assert.equal(foreign.error?.code, 'insufficient_scope');
const anonymous = await stranger.GET('/expenses');
assert.equal(anonymous.error?.code, 'missing_token');
const forged = await stranger.GET('/expenses', { headers: { authorization: 'Bearer x' } });
assert.equal(forged.error?.code, 'invalid_token');
assert.match(forged.response.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
const misspelt = await api.GET('/reports/monthly', { params: { query: { from: 'yesterday' } } });
assert.deepEqual(
  misspelt.error?.errors?.map(({ pointer }) => pointer),
  ['#/from'],
);

assert.equal((await api.DELETE('/expenses/{id}', { params: { path } })).response.status, 204);
const gone = await api.GET('/expenses/{id}', { params: { path } });
assert.equal(gone.error?.code, 'expense_not_found');
assert.deepEqual((await api.DELETE('/expenses')).data, { deleted: 2 });
const never = await api.GET('/expenses/{id}/history', {
  params: { path: { id: '0190a0a0-0000-7000-8000-000000000000' } },
});
assert.equal(never.error?.code, 'expense_not_found');

type Limited = paths['/currencies']['get']['responses'][429]['headers'];
await strict.GET('/currencies');
await strict.GET('/currencies');
const limited = await strict.GET('/currencies');
assert.equal(limited.response.status, 429);
assert.equal(limited.error?.code, 'too_many_requests');
const sent = (name: string) => limited.response.headers.get(name)!;
// A header that the description lacks is of the type unknown, which none of these accepts.
const retryAfter: Limited['Retry-After'] = sent('Retry-After');
const limit: Limited['RateLimit-Limit'] = Number(sent('RateLimit-Limit'));
const remaining: Limited['RateLimit-Remaining'] = Number(sent('RateLimit-Remaining'));
const reset: Limited['RateLimit-Reset'] = Number(sent('RateLimit-Reset'));
assert.match(retryAfter satisfies string, /^[1-9]\d?$/);
assert.deepEqual([limit satisfies number, remaining satisfies number], [2, 0]);
assert.ok((reset satisfies number) > 0 && reset <= 60);

type Erased = paths['/expenses']['delete']['responses'];
const oldLogin = await api.DELETE('/expenses', { headers: headersOf('aliceOfAnHourAgo') });
assert.equal(oldLogin.response.status, 401);
const loginNeeded: CodeOf<Erased[401]> = 'insufficient_user_authentication';
assert.equal(oldLogin.error?.code, loginNeeded);
const changed: CodeOf<Erased[412]> = 'precondition_failed';
// @ts-expect-error A code of 412 is none of 401: that a code compiles says something.
const misplaced: CodeOf<Erased[401]> = changed;
assert.notEqual(oldLogin.error?.code, misplaced);
const challenge: Erased[401]['headers']['WWW-Authenticate'] =
  oldLogin.response.headers.get('www-authenticate')!;
// What the client then asks the issuer for (RFC 9470, 4).
assert.match(challenge satisfies string, /error="insufficient_user_authentication".* max_age="300"/);

const nobody = await api.POST('/expenses', { body: readmeBody, headers: headersOf('nobody') });
assert.equal(nobody.response.status, 403);
const unusable: CodeOf<paths['/expenses']['post']['responses'][403]> = 'unusable_subject';
assert.equal(nobody.error?.code, unusable);

type Unavailable = paths['/currencies']['get']['responses'][503];
const unavailable = await keyless.GET('/currencies');
assert.equal(unavailable.response.status, 503);
const noKeys: CodeOf<Unavailable> = 'keys_unavailable';
assert.equal(unavailable.error?.code, noKeys);
const later: Unavailable['headers']['Retry-After'] = unavailable.response.headers.get('retry-after')!;
assert.match(later satisfies string, /^[1-9]\d*$/);

const importBy = (begin: () => string | ReadableStream<Uint8Array>, dryRun: 'true' | 'false') =>
  api.POST('/expenses/import', {
    params: { query: { dryRun } },
    body: '',
    bodySerializer: begin,
    headers: { ...headersOf('bob'), 'content-type': 'text/csv' },
    // fetch demands it of a body that is a stream, and TypeScript's types do not know it.
    ...{ duplex: 'half' },
  });
const arriving = new TransformStream<Uint8Array, Uint8Array>();
const writer = arriving.writable.getWriter();
const slow = importBy(() => arriving.readable, 'false');
// An export of it is more than the buffers of a connection hold.
const rows = `2026-01-02,${'\u9577'.repeat(500)},1.50\n`.repeat(9000);
await writer.write(new TextEncoder().encode(`date,description,value\n${rows}`));
let beside = await importBy(() => file, 'true');
// The other may not have had its turn yet.
while (beside.response.ok) beside = await importBy(() => file, 'true');
assert.equal(beside.response.status, 429);
type NoTurn = paths['/expenses/import']['post']['responses'][429];
const importUnderWay: CodeOf<NoTurn> = 'too_many_imports';
assert.equal(beside.error?.code, importUnderWay);
const turn: NoTurn['headers']['Retry-After'] = beside.response.headers.get('retry-after')!;
assert.equal(turn satisfies string, '5');
await writer.close();
assert.deepEqual((await slow).data, { imported: 9000, skipped: 0 });

const exportOfBob = () =>
  files.GET('/expenses', { headers: { ...headersOf('bob'), accept: 'text/csv' }, parseAs: 'stream' });
const unread = await exportOfBob();
assert.equal(unread.response.status, 200);
const otherExport = await api.GET('/expenses', { headers: { ...headersOf('bob'), accept: 'text/csv' } });
assert.equal(otherExport.response.status, 429);
const exportUnderWay: CodeOf<paths['/expenses']['get']['responses'][429]> = 'too_many_exports';
assert.equal(otherExport.error?.code, exportUnderWay);
await unread.data?.cancel();
