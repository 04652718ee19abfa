import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { giveBack, type SigningKey, takeSigningKey } from '../../src/testing/signing-key.js';
import { signToken, toJwk } from '../../src/testing/index.js';
import type { IssuerBlock } from './issuer-blocks.js';
import type { IssuerNames, IssuerShape } from './issuer-shapes.js';

/**
 * An issuer on this machine that publishes and signs as one in the world does: what differs between issuers is in its
 * `IssuerShape`, and the keys are fresh.
 */
export class IssuerStandIn {
  private readonly server = createServer((request, response) => {
    const body = this.documents()[request.url ?? ''];
    response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  /** The settings of the block, with this machine in the place of the issuer's host. */
  variables: Readonly<Record<string, string>> = {};
  names!: IssuerNames;
  private key!: SigningKey;
  private otherKey!: SigningKey;

  private constructor(readonly shape: IssuerShape) {}

  static async start({ variables }: IssuerBlock, shape: IssuerShape): Promise<IssuerStandIn> {
    const standIn = new IssuerStandIn(shape);
    standIn.key = await takeSigningKey(shape.algorithm);
    standIn.otherKey = await takeSigningKey(shape.algorithm);
    standIn.server.listen(0, 'localhost');
    await once(standIn.server, 'listening');
    // As it is written: a URL would have it in small letters.
    const [origin = ''] = /^https:\/\/[^/]+/.exec(variables.ISSUER_BASE_URL!) ?? [];
    const here = `http://localhost:${(standIn.server.address() as AddressInfo).port}`;
    standIn.variables = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, value.replaceAll(origin, here)]),
    );
    const { ISSUER_BASE_URL: address, ISSUER, ALLOWED_AUDIENCES } = standIn.variables;
    standIn.names = {
      address: address!,
      issuers: ISSUER?.split(',') ?? [shape.endsWithSlash ? `${address}/` : address!],
      audiences: ALLOWED_AUDIENCES!.split(','),
    };
    return standIn;
  }

  /** The key that signs, as a PEM: what an attacker can read. */
  get publicKey(): string {
    return this.key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  /** Claims that this issuer writes, but for those that are given; `undefined` leaves one out. */
  claims(own: object, others: object = {}): Record<string, unknown> {
    const now = Math.floor(Date.now() / 1000);
    return { iss: this.names.issuers[0], iat: now, exp: now + 3600, ...own, ...others };
  }

  /** A token that it signs. */
  sign(claims: object, header: object = {}): string {
    return this.signBy(this.key, claims, header);
  }

  /** A token that looks the same, signed by somebody else's key of the same type. */
  forge(claims: object): string {
    return this.signBy(this.otherKey, claims, {});
  }

  async close(): Promise<void> {
    for (const key of [this.key, this.otherKey]) giveBack(key);
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private signBy({ privateKey }: SigningKey, claims: object, header: object): string {
    const { algorithm, header: own = { typ: 'JWT' } } = this.shape;
    return signToken(
      { alg: algorithm, kid: this.key.kid, ...own, ...header },
      { ...claims },
      privateKey,
      algorithm,
    );
  }

  private documents(): Record<string, object> {
    const { keysAt = '/.well-known/jwks.json', metadata, writeKey, otherKeys = [] } = this.shape;
    const { address, issuers } = this.names;
    const jwk = toJwk(this.key);
    const { pathname, origin } = new URL(address);
    const path = pathname.replace(/\/$/, '');
    return {
      [`${path}/.well-known/openid-configuration`]: {
        issuer: issuers[0],
        jwks_uri: `${origin}${path}${keysAt}`,
        authorization_endpoint: `${address}/authorize`,
        token_endpoint: `${address}/token`,
        ...metadata?.(this.names),
      },
      [`${path}${keysAt}`]: { keys: [...otherKeys, writeKey ? writeKey(jwk) : jwk] },
    };
  }
}
