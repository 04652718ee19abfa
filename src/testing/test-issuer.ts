import { type KeyObject, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { answerWithFault, type IssuerFault, sendJson } from './issuer-faults.js';
import { type Json, signToken } from './sign-token.js';
import { giveBack, type KeyAlgorithm, type SigningKey, takeSigningKey, toJwk } from './signing-key.js';

const KEYS = '/.well-known/jwks.json';
const TOKEN_LIFETIME_SECONDS = 3600;

/** The issuers that were started and not closed, by URL. */
const running = new Map<string, TestIssuer>();

/** The test issuer with this URL, with or without the slash at its end. */
export function runningIssuer(url: string): TestIssuer | undefined {
  return running.get(url.replace(/\/?$/, '/'));
}

/** Settings of a test issuer. */
export interface TestIssuerOptions {
  /** The API that its tokens are meant for. Default `https://expenses-api`. */
  readonly audience?: string;
  /** What it signs its tokens by. Default RS256. */
  readonly algorithm?: KeyAlgorithm;
}

/** The claims of a token: any that are given replace the usual ones, `undefined` leaves one out. */
export interface TestClaims {
  readonly sub?: string;
  /** Written as the `scope` claim, separated by spaces. */
  readonly scopes?: readonly string[];
  readonly [claim: string]: unknown;
}

/**
 * An OpenID Connect issuer for tests: real HTTP on a free port of this machine (discovery and key set), real
 * signatures, RS256 unless another algorithm is asked for, and failures at will.
 */
export class TestIssuer {
  /** How often each document was asked for. Refused connections cannot be counted. */
  readonly requests = { discovery: 0, keys: 0 };
  /** Cache-Control of both documents; by default there is none. */
  cacheControl?: string;
  /** Published after the issuer's own keys, as they are: other algorithms, broken members, anything. */
  readonly additionalKeys: unknown[] = [];
  /** How long it thinks before it answers, in milliseconds. */
  delayMs = 0;
  /** Its name in discovery and `iss`, when that is not its URL. */
  name?: string;
  /** Where its metadata are, and nowhere else; those of RFC 8414 are at `/.well-known/oauth-authorization-server`. */
  metadataPath = '/.well-known/openid-configuration';

  private readonly server = createServer((request, response) => {
    void this.think().then(() => this.answer(request, response));
  });
  private port = 0;
  private fault?: IssuerFault;
  private failing?: keyof TestIssuer['requests'];
  private published: SigningKey[] = [];
  private readonly taken: SigningKey[] = [];

  private constructor(
    /** The audience of its tokens. */
    readonly audience: string,
  ) {}

  /** Starts an issuer; `close` it when done. */
  static async start(options: TestIssuerOptions = {}): Promise<TestIssuer> {
    const { audience = 'https://expenses-api', algorithm } = options;
    const issuer = new TestIssuer(audience);
    await issuer.rotateKeys({ algorithm });
    await issuer.listen();
    running.set(issuer.url, issuer);
    return issuer;
  }

  /** Its URL with the trailing slash, as in `iss`. */
  get url(): string {
    return `http://localhost:${this.port}/`;
  }

  /** The key that signs new tokens. */
  get signingKey(): SigningKey {
    return this.published.at(-1) as SigningKey;
  }

  /** The usual claims of an access token, in the manner of Auth0, of a user who has just logged in. */
  claims({ scopes, ...others }: TestClaims = {}): Record<string, unknown> {
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: this.name ?? this.url,
      sub: 'auth0|alice',
      aud: [this.audience, `${this.url}userinfo`],
      iat: now,
      auth_time: now,
      exp: now + TOKEN_LIFETIME_SECONDS,
      azp: 'expenses-web',
      jti: randomUUID(),
      scope: scopes?.join(' '),
      ...others,
    };
  }

  /** A genuine access token: the usual claims, and those given. Without `scopes` it grants nothing. */
  tokenFor(claims: TestClaims = {}): string {
    return this.sign({}, this.claims(claims));
  }

  /**
   * Any token at all: `alg`, `typ` and `kid` are the usual ones unless the header says otherwise.
   *
   * @param header an object, or the header's JSON text
   * @param claims an object, or their JSON text
   * @param key signs instead of the issuer's key
   */
  sign(header: Json, claims: Json, key: KeyObject = this.signingKey.privateKey): string {
    const { algorithm = 'RS256', kid } = this.signingKey;
    const usual = { alg: algorithm, typ: 'JWT', kid };
    return signToken(typeof header === 'string' ? header : { ...usual, ...header }, claims, key);
  }

  /**
   * Signs with a new key from now on.
   *
   * @param keepOld whether the keys so far stay published, as in an orderly rotation; default: no
   * @param algorithm what it signs by; default RS256
   * @returns the new key, published already
   */
  async rotateKeys({
    keepOld = false,
    algorithm,
  }: { readonly keepOld?: boolean; readonly algorithm?: KeyAlgorithm } = {}): Promise<SigningKey> {
    const key = await takeSigningKey(algorithm);
    this.taken.push(key);
    this.published = keepOld ? [...this.published, key] : [key];
    return key;
  }

  /** Publishes only the key that signs now. */
  withdrawOldKeys(): void {
    this.published = [this.signingKey];
  }

  /**
   * Fails from now on, until `recover`.
   *
   * @param document fail for this one only; `refuse` is always for both
   */
  async fail(fault: IssuerFault, document?: keyof TestIssuer['requests']): Promise<void> {
    await this.recover();
    this.fault = fault;
    this.failing = document;
    if (fault === 'refuse') await this.stopListening();
  }

  /** Answers again, on the same port. Requests that were left hanging stay so. */
  async recover(): Promise<void> {
    this.fault = undefined;
    if (!this.server.listening) await this.listen();
  }

  /** Stops the issuer. */
  async close(): Promise<void> {
    running.delete(this.url);
    await this.stopListening();
    this.taken.splice(0).forEach(giveBack);
  }

  private async listen(): Promise<void> {
    this.server.listen(this.port, 'localhost');
    await once(this.server, 'listening');
    ({ port: this.port } = this.server.address() as AddressInfo);
  }

  private async stopListening(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async think(): Promise<void> {
    // Not the global setTimeout, which tests replace.
    if (this.delayMs > 0) await pause(this.delayMs);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', this.url);
    const name = pathname === this.metadataPath ? 'discovery' : 'keys';
    if (pathname !== this.metadataPath && pathname !== KEYS) {
      response.writeHead(404).end();
      return;
    }
    this.requests[name] += 1;
    const document = name === 'discovery' ? this.metadata() : this.keySet();
    const fails = this.fault && (this.failing ?? name) === name ? this.fault : undefined;
    if (fails && fails !== 'refuse') answerWithFault(fails, response, document);
    else sendJson(response, document, this.cacheControl);
  }

  private metadata(): Record<string, unknown> {
    return {
      issuer: this.name ?? this.url,
      authorization_endpoint: `${this.url}authorize`,
      token_endpoint: `${this.url}oauth/token`,
      jwks_uri: new URL(KEYS, this.url).href,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [this.signingKey.algorithm],
    };
  }

  private keySet(): Record<string, unknown> {
    return { keys: [...this.published.map(toJwk), ...this.additionalKeys] };
  }
}

/** Starts an issuer for tests; `close` it when done. */
export function startTestIssuer(options?: TestIssuerOptions): Promise<TestIssuer> {
  return TestIssuer.start(options);
}
