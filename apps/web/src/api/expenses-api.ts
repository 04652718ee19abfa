import { Inject, Injectable, Logger } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import * as client from 'openid-client';
import { z } from 'zod';
import type { Config } from '../config/config.module.js';
import { AccessTokens } from '../login/access-tokens.js';
import { errorCode, loggable, quotable } from '../login/quoting.js';
import { type ApiRefusal, ApiUnavailable, refusalOf } from './api.errors.js';
import {
  categorySum,
  expense,
  type Expense,
  monthSum,
  type CategorySum,
  type MonthSum,
} from './api.schemas.js';

const TIMEOUT_SECONDS = 10;
/** A download streams: this bounds all of it. */
const DOWNLOAD_TIMEOUT_SECONDS = 10 * 60;

/** Query parameters of the API's list and reports, by name. */
export type Filters = Readonly<Record<string, string>>;

interface Call {
  path: string;
  query?: Filters;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
}

/**
 * The expenses API, called with the access token of the session whose id each method takes first.
 *
 * Every method throws ApiRefusal, ApiUnavailable, LoginNeeded or IssuerUnavailable.
 */
@Injectable()
export class ExpensesApi {
  readonly #logger = new Logger(ExpensesApi.name);
  readonly #base: string;
  readonly #resource: client.Configuration;
  readonly #download: client.Configuration;

  constructor(
    private readonly tokens: AccessTokens,
    @Inject(ConfigService) config: Config,
  ) {
    this.#base = config.get('API_URL', { infer: true });
    this.#resource = resourceClient(config, TIMEOUT_SECONDS);
    this.#download = resourceClient(config, DOWNLOAD_TIMEOUT_SECONDS);
  }

  /** A page of expenses, newest first; `next` is the cursor of the following page. */
  async list(session: string, query: Filters): Promise<{ expenses: Expense[]; next?: string }> {
    const response = await this.#call(session, { path: '', query });
    return {
      expenses: await parse(response, z.array(expense)),
      next: nextCursor(response.headers.get('link')),
    };
  }

  async monthly(session: string, query: Filters): Promise<MonthSum[]> {
    return parse(await this.#call(session, { path: 'reports/monthly', query }), z.array(monthSum));
  }

  async categories(session: string, query: Filters): Promise<CategorySum[]> {
    return parse(await this.#call(session, { path: 'reports/categories', query }), z.array(categorySum));
  }

  /** @param idempotencyKey the same for every attempt at the same expense, so that none is added twice */
  async add(session: string, body: object, idempotencyKey: string): Promise<Expense> {
    const response = await this.#call(session, {
      path: 'expenses',
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify(body),
    });
    return parse(response, expense);
  }

  /** All matching expenses as CSV, as they come from the API. */
  async csv(session: string, query: Filters): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#call(
      session,
      { path: '', query, headers: { accept: 'text/csv' } },
      this.#download,
    );
    if (!response.body) throw new ApiUnavailable('The API sent no CSV');
    return response.body;
  }

  async #call(session: string, call: Call, resource = this.#resource): Promise<Response> {
    const token = await this.tokens.of(session);
    const { response, challenges } = await this.#send(token, call, resource);
    if (response.ok) return response;
    // At 401 the token looked good here and the API knows better; the issuer's keys may have been replaced.
    const another = response.status === 401 ? await this.tokens.of(session, token) : token;
    if (another === token) throw await this.#refused(response, challenges);
    await response.body?.cancel();
    const second = await this.#send(another, call, resource);
    if (!second.response.ok) throw await this.#refused(second.response, second.challenges);
    return second.response;
  }

  /** At 401 the token was fresh: that is no matter of the user's, and somebody has to look into it. */
  async #refused(response: Response, challenges: client.WWWAuthenticateChallenge[]): Promise<ApiRefusal> {
    const refusal = await refusalOf(response, challenges);
    if (refusal.status === 401) {
      const { code, requestId = 'without an id' } = refusal.problem;
      const reason = loggable(refusal.reason);
      this.#logger.warn(
        `The API refuses a fresh access token: ${errorCode(code)} “${reason}” (request ${quotable(requestId)})`,
      );
    }
    return refusal;
  }

  async #send(
    token: string,
    { path, query, method = 'GET', headers, body }: Call,
    resource: client.Configuration,
  ) {
    const url = new URL(`${this.#base}${path}?${new URLSearchParams(query)}`);
    const accept = { accept: 'application/json', ...headers };
    try {
      const response = await client.fetchProtectedResource(
        resource,
        token,
        url,
        method,
        body,
        new Headers(accept),
      );
      return { response, challenges: [] };
    } catch (error) {
      if (error instanceof client.WWWAuthenticateChallengeError) {
        return { response: error.response, challenges: error.cause };
      }
      throw new ApiUnavailable('The API cannot be reached', { cause: error });
    }
  }
}

/** openid-client's view of a resource server: it parses challenges for us, and needs no issuer for that. */
function resourceClient(config: Config, timeoutSeconds: number): client.Configuration {
  const issuer = config.get('ISSUER_BASE_URL', { infer: true });
  const resource = new client.Configuration({ issuer }, config.get('CLIENT_ID', { infer: true }));
  resource.timeout = timeoutSeconds;
  // The environment's schema admits http for this machine only.
  if (config.get('API_URL', { infer: true }).startsWith('http:')) client.allowInsecureRequests(resource);
  return resource;
}

async function parse<T>(response: Response, schema: z.ZodType<T>): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined);
  const result = schema.safeParse(body);
  if (!result.success)
    throw new ApiUnavailable('The API answered in an unknown form', { cause: result.error });
  return result.data;
}

/** The cursor in a `Link: <...>; rel="next"` (RFC 8288). */
export function nextCursor(link: string | null): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined || !URL.canParse(target, 'http://api.invalid')) return undefined;
  return new URL(target, 'http://api.invalid').searchParams.get('cursor') ?? undefined;
}
