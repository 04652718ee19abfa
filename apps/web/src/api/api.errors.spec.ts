import { refusalOf, secondsOf } from './api.errors.js';

function response(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers });
}

describe('A refusal of the API', () => {
  it('tells the missing permissions of a 403 by its challenge', async () => {
    const challenge = {
      scheme: 'bearer',
      parameters: { error: 'insufficient_scope', scope: 'create:expenses x:y' },
    };
    const refusal = await refusalOf(response(403, '{}'), [challenge as never]);
    expect(refusal.missing).toEqual(['create:expenses', 'x:y']);
  });

  it('tells the wait of a 503 and the name of the request', async () => {
    const body = JSON.stringify({ status: 503, code: 'database_unavailable', requestId: 'abc' });
    const refusal = await refusalOf(response(503, body, { 'retry-after': '7' }));
    expect(refusal).toMatchObject({
      status: 503,
      retryAfterSeconds: 7,
      missing: [],
      problem: { requestId: 'abc' },
    });
  });

  it.each(['<html>Bad gateway</html>', '', '[]', '"text"', '{"errors":"none","title":7}'])(
    'is one even when its body is %p',
    async (body) => {
      const refusal = await refusalOf(response(502, body));
      expect(refusal.status).toBe(502);
      expect(Object.values(refusal.problem).filter((value) => value !== undefined)).toEqual([]);
    },
  );
});

describe('Retry-After', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');

  it.each([
    ['120', 120],
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    [null, undefined],
  ])('of %p means %p seconds', (header, seconds) => {
    expect(secondsOf(header, now)).toBe(seconds);
  });
});
