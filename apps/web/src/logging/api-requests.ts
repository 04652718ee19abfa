import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<string[]>();

/** Runs a request, so that what it asks of the API is noted. Returns the list that fills meanwhile. */
export function notingApiRequests(run: () => void): string[] {
  const ids: string[] = [];
  current.run(ids, run);
  return ids;
}

/** Notes the API's id of a request that was made for the present one. */
export function noteApiRequest(id: string | null): void {
  if (id !== null && /^[\w.:-]{1,64}$/.test(id)) current.getStore()?.push(id);
}
