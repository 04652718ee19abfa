import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { ApiClient, parseJson, type Query } from './api-client.js';
import { ApiUnavailable } from './api.errors.js';
import {
  categorySum,
  type CategorySum,
  change,
  type Change,
  currencyList,
  type CurrencyList,
  expense,
  type Expense,
  importResult,
  type ImportResult,
  monthSum,
  type MonthSum,
  ownerSum,
  type OwnerSum,
} from './api.schemas.js';

/** The five members of an expense that a person writes. */
export type ExpenseFields = Pick<Expense, 'date' | 'description' | 'value' | 'currency' | 'category'>;

/** An expense, and its version as a strong entity tag (RFC 9110, 8.8.3). */
export interface TaggedExpense {
  readonly expense: Expense;
  readonly etag: string;
}

/** A part of a list; `next` is the cursor of the part that follows. */
export interface Part<Item> {
  readonly items: Item[];
  readonly next?: string;
}

const JSON_BODY = { 'content-type': 'application/json' };
const MERGE_PATCH = { 'content-type': 'application/merge-patch+json' };

/**
 * The routes of the expenses API, called with the access token of the session whose id each method takes first.
 *
 * Every method throws ApiRefusal, ApiUnavailable, LoginNeeded or IssuerUnavailable.
 */
@Injectable()
export class ExpensesApi {
  constructor(private readonly client: ApiClient) {}

  /** Expenses, by default newest first. */
  async list(session: string, query: Query): Promise<Part<Expense>> {
    const response = await this.client.call(session, { path: '', query });
    return {
      items: await parseJson(response, z.array(expense)),
      next: nextCursor(response.headers.get('link')),
    };
  }

  /** What was spent in each month, the newest first. */
  async monthly(session: string, query: Query): Promise<MonthSum[]> {
    return this.#report(session, 'reports/monthly', query, monthSum);
  }

  /** What was spent for each category, by name. */
  async categories(session: string, query: Query): Promise<CategorySum[]> {
    return this.#report(session, 'reports/categories', query, categorySum);
  }

  /** What each person spent; needs read:all_reports. */
  async owners(session: string, query: Query): Promise<OwnerSum[]> {
    return this.#report(session, 'reports/owners', query, ownerSum);
  }

  /** One expense, with the version that a change has to name. */
  async find(session: string, id: string): Promise<TaggedExpense> {
    return tagged(await this.client.call(session, { path: `expenses/${id}` }));
  }

  /** What became of an expense, newest first; of a deleted one, too. */
  async history(session: string, id: string, query: Query): Promise<Part<Change>> {
    const response = await this.client.call(session, { path: `expenses/${id}/history`, query });
    return {
      items: await parseJson(response, z.array(change)),
      next: nextCursor(response.headers.get('link')),
    };
  }

  /** The currencies that the API takes, and the one that it books without any. */
  async currencies(session: string): Promise<CurrencyList> {
    return parseJson(await this.client.call(session, { path: 'currencies' }), currencyList);
  }

  /** @param idempotencyKey the same for every attempt at the same expense, so that none is added twice */
  async add(session: string, body: object, idempotencyKey: string): Promise<Expense> {
    const response = await this.client.call(session, {
      path: 'expenses',
      method: 'POST',
      headers: { ...JSON_BODY, 'idempotency-key': idempotencyKey },
      body: () => JSON.stringify(body),
    });
    return parseJson(response, expense);
  }

  /** @param etag of the version that is to be changed; another one is refused by 412 */
  async update(session: string, id: string, patch: object, etag: string): Promise<TaggedExpense> {
    return tagged(
      await this.client.call(session, {
        path: `expenses/${id}`,
        method: 'PATCH',
        headers: { ...MERGE_PATCH, 'if-match': etag },
        body: () => JSON.stringify(patch),
      }),
    );
  }

  /** @param etag of the version that is to be deleted; another one is refused by 412 */
  async remove(session: string, id: string, etag: string): Promise<void> {
    const path = `expenses/${id}`;
    const response = await this.client.call(session, {
      path,
      method: 'DELETE',
      headers: { 'if-match': etag },
    });
    await response.body?.cancel();
  }

  /** Deletes all of the person's own expenses; returns how many they were. */
  async eraseAll(session: string): Promise<number> {
    const response = await this.client.call(session, { path: 'expenses', method: 'DELETE', streams: true });
    return (await parseJson(response, z.object({ deleted: z.number() }))).deleted;
  }

  /** All matching expenses as CSV, as they come from the API. */
  async csv(session: string, query: Query, path = ''): Promise<ReadableStream<Uint8Array>> {
    const headers = { accept: 'text/csv' };
    const response = await this.client.call(session, { path, query, headers, streams: true });
    if (!response.body) throw new ApiUnavailable('The API sent no CSV');
    return response.body;
  }

  /** Imports a CSV file or, as a dry run, says what would happen. */
  async import(
    session: string,
    file: () => ReadableStream<Uint8Array>,
    options: { readonly dryRun: true } | { readonly idempotencyKey: string },
  ): Promise<ImportResult> {
    const key = 'idempotencyKey' in options && { 'idempotency-key': options.idempotencyKey };
    const response = await this.client.call(session, {
      path: 'expenses/import',
      method: 'POST',
      ...('dryRun' in options && { query: { dryRun: 'true' } }),
      headers: { 'content-type': 'text/csv', ...key },
      body: file,
      streams: true,
    });
    return parseJson(response, importResult);
  }

  async #report<T>(session: string, path: string, query: Query, row: z.ZodType<T>): Promise<T[]> {
    return parseJson(await this.client.call(session, { path, query }), z.array(row));
  }
}

async function tagged(response: Response): Promise<TaggedExpense> {
  return { expense: await parseJson(response, expense), etag: response.headers.get('etag') ?? '*' };
}

/** The cursor in a `Link: <...>; rel="next"` (RFC 8288). */
export function nextCursor(link: string | null): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined || !URL.canParse(target, 'http://api.invalid')) return undefined;
  return new URL(target, 'http://api.invalid').searchParams.get('cursor') ?? undefined;
}
