import { Inject, Injectable, Logger } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { LRUCache } from 'lru-cache';
import * as client from 'openid-client';
import type { z } from 'zod';
import type { Config } from '../config/config.module.js';
import { noteApiRequest } from '../logging/api-requests.js';
import { AccessTokens, type UsableToken } from '../login/access-tokens.js';
import { errorCode, loggable, quotable } from '../login/quoting.js';
import { type ApiRefusal, ApiUnavailable, refusalOf, wantsRecentLogin } from './api.errors.js';

/** Seconds until an answer must be there. */
const TIMEOUT_SECONDS = 10;
/** A download or upload streams: this bounds all of it, in seconds. */
const STREAM_TIMEOUT_SECONDS = 10 * 60;

/** Pause between two lines of the log about the refusals of one session, in milliseconds. */
const REPORT_PAUSE_MS = 60_000;

/** Query parameters by name. */
export type Query = Readonly<Record<string, string>>;

/** A request to the API. */
export interface Call {
  /** Below the API's address, without a slash in front. */
  readonly path: string;
  readonly query?: Query;
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the body, again for every attempt: a stream can be sent only once. */
  readonly body?: () => string | ReadableStream<Uint8Array>;
  /** Whether the answer or the body is a long stream. */
  readonly streams?: boolean;
}

/** Calls the expenses API with the access token of a session. */
@Injectable()
export class ApiClient {
  readonly #logger = new Logger(ApiClient.name);
  /** Sessions whose token was refused a moment ago, and that was logged. */
  readonly #reported = new LRUCache<string, true>({ max: 1000, ttl: REPORT_PAUSE_MS });
  readonly #base: string;
  readonly #issuer: string;
  readonly #clientId: string;

  constructor(
    private readonly tokens: AccessTokens,
    @Inject(ConfigService) config: Config,
  ) {
    this.#base = config.get('API_URL', { infer: true });
    this.#issuer = config.get('ISSUER_BASE_URL', { infer: true });
    this.#clientId = config.get('CLIENT_ID', { infer: true });
  }

  /**
   * @param session whose token is sent
   * @returns an answer of status 2xx
   * @throws ApiRefusal, ApiUnavailable, LoginNeeded, IssuerUnavailable
   */
  async call(session: string, call: Call): Promise<Response> {
    const token = await this.tokens.of(session);
    const { response, challenges } = await this.#send(token, call);
    if (response.ok) return response;
    // At 401 the token looked good here and the API knows better; the issuer's keys may have been replaced.
    const renews = response.status === 401 && !wantsRecentLogin(challenges);
    const another = renews ? await this.tokens.of(session, token.value) : token;
    if (another.value === token.value) throw await this.#refused(session, response, challenges);
    await response.body?.cancel();
    const second = await this.#send(another, call);
    if (!second.response.ok) throw await this.#refused(session, second.response, second.challenges);
    return second.response;
  }

  /** At 401 the token was fresh: that is no matter of the user's, and somebody has to look into it. */
  async #refused(
    session: string,
    response: Response,
    challenges: client.WWWAuthenticateChallenge[],
  ): Promise<ApiRefusal> {
    const refusal = await refusalOf(response, challenges);
    const isFault = refusal.status === 401 && refusal.neededLoginAge === undefined;
    // A page asks the API for several things: one line says it for all of them.
    if (isFault && !this.#reported.has(session)) {
      this.#reported.set(session, true);
      const { code, requestId = 'without an id' } = refusal.problem;
      const reason = loggable(refusal.reason);
      this.#logger.warn(
        `The API refuses a fresh access token: ${errorCode(code)} “${reason}” (request ${quotable(requestId)})`,
      );
    }
    return refusal;
  }

  async #send({ value, prover }: UsableToken, call: Call) {
    const { path, query, method = 'GET', headers } = call;
    const url = new URL(`${this.#base}${path}?${new URLSearchParams(query)}`);
    const accept = new Headers({ accept: 'application/json', ...headers });
    const resource = this.#resourceFor(call);
    const proving = { DPoP: prover };
    try {
      const response = await client.fetchProtectedResource(
        resource,
        value,
        url,
        method,
        undefined,
        accept,
        proving,
      );
      noteApiRequest(response.headers.get('x-request-id'));
      return { response, challenges: [] };
    } catch (error) {
      if (error instanceof client.WWWAuthenticateChallengeError) {
        noteApiRequest(error.response.headers.get('x-request-id'));
        return { response: error.response, challenges: error.cause };
      }
      throw new ApiUnavailable('The API cannot be reached', { cause: error });
    }
  }

  /** openid-client's view of the API: it proves and parses challenges for us, and needs no issuer for that. */
  #resourceFor({ body, streams }: Call): client.Configuration {
    const resource = new client.Configuration({ issuer: this.#issuer }, this.#clientId);
    resource.timeout = streams ? STREAM_TIMEOUT_SECONDS : TIMEOUT_SECONDS;
    // When the API asks for another nonce, openid-client sends the same once more: here each attempt gets a body of its own.
    resource[client.customFetch] = (url, options) =>
      fetch(url, { ...options, body: body?.(), duplex: 'half' } as RequestInit);
    // The environment's schema admits http for this machine only.
    if (this.#base.startsWith('http:')) client.allowInsecureRequests(resource);
    return resource;
  }
}

/**
 * The answer's JSON in the form that is expected of it.
 * @throws ApiUnavailable
 */
export async function parseJson<T>(response: Response, schema: z.ZodType<T>): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined);
  const result = schema.safeParse(body);
  if (!result.success)
    throw new ApiUnavailable('The API answered in an unknown form', { cause: result.error });
  return result.data;
}
