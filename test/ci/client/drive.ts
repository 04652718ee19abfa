import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';
import { readmeBody } from './readme-body.js';

// What somebody writes who has nothing but the description of the API. Types are as much of the test as answers are.

const [, , baseUrl = '', strictUrl = '', token = ''] = process.argv;
type Json = 'application/json' | 'application/problem+json';
const headers = { authorization: `Bearer ${token}` };
const api = createClient<paths, Json>({ baseUrl, headers });
const files = createClient<paths, 'text/csv'>({ baseUrl, headers });
const stranger = createClient<paths, Json>({ baseUrl });
/** Where a caller has two requests a minute. */
const strict = createClient<paths, Json>({ baseUrl: strictUrl, headers });

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
