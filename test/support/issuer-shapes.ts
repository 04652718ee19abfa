import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { KeyAlgorithm } from '../../src/testing/index.js';

type Json = Record<string, unknown>;

/** What an issuer and this API are called, by the settings. */
export interface IssuerNames {
  readonly address: string;
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
}

/** How an issuer publishes its keys and writes its tokens, where that is not the usual way. */
export interface IssuerShape {
  readonly algorithm: KeyAlgorithm;
  /** Whether its name is its address with a slash. */
  readonly endsWithSlash?: boolean;
  readonly metadata?: (names: IssuerNames) => Json;
  /** The path of its key set, behind its address. */
  readonly keysAt?: string;
  readonly writeKey?: (jwk: Json) => Json;
  /** Published before its key. */
  readonly otherKeys?: readonly Json[];
  /** Default: `typ: JWT`. */
  readonly header?: Json;
  /** The claims of its access tokens beside `iss`, `iat` and `exp`, by what the token is. */
  readonly tokens: Readonly<Record<string, (names: IssuerNames) => Json>>;
  /** Those of its ID tokens, if it issues any that the settings could mistake. */
  readonly idToken?: (names: IssuerNames) => Json;
  /** A route that its tokens get into. Default: one that needs `read:reports`. */
  readonly route?: string;
}

const CLIENT = 'b1c2d3e4f5a6b7c8d9e0';
const USER = '5f0e2c1a-7d43-4e0b-9a51-3c2f6f0f8b77';
const GUID = '99999999-2222-4333-8444-555555555555';
const SCOPE = 'openid profile read:reports';

const rsaJwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
const api = ({ audiences }: IssuerNames) => audiences[0];
const without = (jwk: Json, ...names: string[]) =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !names.includes(name)));
const certified = (jwk: Json): Json => ({
  ...jwk,
  x5t: 'NGTFvdK-fythEuLwjpwAJOM9n-A',
  x5c: ['MIIDBTCCAe2gAwIBAgIQ'],
});
/** Microsoft says nothing of algorithms, and the name of the issuer at each key. */
const ofMicrosoft = (jwk: Json): Json => ({
  ...without(certified(jwk), 'alg'),
  issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
});

const auth0: IssuerShape = {
  algorithm: 'RS256',
  endsWithSlash: true,
  otherKeys: [certified({ ...rsaJwk, kid: 'next', use: 'sig', alg: 'RS256' })],
  writeKey: certified,
  tokens: {
    user: (names) => ({
      sub: 'auth0|alice',
      aud: [api(names), `${names.address}/userinfo`],
      azp: CLIENT,
      scope: SCOPE,
      permissions: ['read:reports'],
    }),
    machine: (names) => ({
      sub: `${CLIENT}@clients`,
      aud: api(names),
      azp: CLIENT,
      gty: 'client-credentials',
      scope: 'read:reports',
    }),
  },
  idToken: () => ({ sub: 'auth0|alice', aud: CLIENT, nonce: 'n' }),
};

const entra: IssuerShape = {
  algorithm: 'RS256',
  keysAt: '/discovery/keys',
  writeKey: ofMicrosoft,
  tokens: {
    user: (names) => ({
      aud: api(names),
      sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
      oid: USER,
      tid: GUID,
      azp: GUID,
      azpacr: '0',
      scp: 'read:reports create:expenses',
      ver: '2.0',
      uti: 'x',
    }),
  },
  idToken: () => ({ sub: 'AAAA', aud: GUID, tid: GUID, ver: '2.0' }),
};

const b2cToken = (names: IssuerNames): Json => ({
  aud: api(names),
  sub: USER,
  azp: GUID,
  scp: 'read:reports',
  tfp: 'B2C_1_signin',
  ver: '1.0',
  nbf: Math.floor(Date.now() / 1000),
});

const keycloak: IssuerShape = {
  algorithm: 'RS256',
  keysAt: '/protocol/openid-connect/certs',
  otherKeys: [certified({ ...rsaJwk, kid: 'enc', use: 'enc', alg: 'RSA-OAEP' })],
  writeKey: certified,
  tokens: {
    user: (names) => ({
      typ: 'Bearer',
      sub: USER,
      aud: [api(names), 'account'],
      azp: 'web',
      scope: SCOPE,
      jti: randomUUID(),
      realm_access: { roles: ['offline_access'] },
      resource_access: { account: { roles: ['view-profile'] } },
    }),
    'user, before version 25': (names) => ({
      typ: 'Bearer',
      nonce: 'n',
      sub: USER,
      aud: [api(names), 'account'],
      azp: 'web',
      scope: SCOPE,
    }),
    machine: (names) => ({
      typ: 'Bearer',
      sub: randomUUID(),
      aud: api(names),
      azp: 'daemon',
      client_id: 'daemon',
      scope: 'read:reports',
    }),
  },
  idToken: (names) => ({ typ: 'ID', sub: USER, aud: api(names), azp: 'web', scope: SCOPE }),
};

/** The shapes of the issuers in docs/issuers.md, by the heading there. */
export const issuerShapes: Readonly<Record<string, IssuerShape>> = {
  Auth0: auth0,
  'Auth0 with a custom domain': {
    ...auth0,
    metadata: ({ address }) => ({ issuer: `${address}/` }),
    tokens: {
      ...auth0.tokens,
      'user, by the other name': (names) => ({ ...auth0.tokens.user!(names), iss: names.issuers[1] }),
    },
  },
  'Microsoft Entra ID': entra,
  'Microsoft Entra ID with daemons': {
    ...entra,
    tokens: {
      ...entra.tokens,
      daemon: (names) => ({
        aud: api(names),
        sub: USER,
        oid: USER,
        azp: GUID,
        azpacr: '1',
        idtyp: 'app',
        roles: ['read:reports'],
        ver: '2.0',
      }),
    },
  },
  'Microsoft Entra ID, version 1 tokens': {
    ...entra,
    tokens: {
      user: (names) => ({
        aud: api(names),
        sub: 'pairwise',
        oid: USER,
        appid: GUID,
        appidacr: '0',
        scp: 'read:reports',
        ver: '1.0',
      }),
    },
    idToken: () => ({ aud: GUID, sub: 'pairwise', ver: '1.0' }),
  },
  'Azure AD B2C': {
    ...entra,
    tokens: {
      user: (names) => b2cToken(names),
      'user, whose client sent a nonce': (names) => ({ ...b2cToken(names), nonce: 'defaultNonce' }),
    },
    idToken: (names) => ({ aud: api(names), sub: USER, tfp: 'B2C_1_signin', nonce: 'defaultNonce' }),
  },
  Okta: {
    algorithm: 'RS256',
    keysAt: '/v1/keys',
    header: {},
    tokens: {
      user: (names) => ({
        ver: 1,
        jti: 'AT.1',
        sub: 'alice@example.com',
        uid: '00u1',
        aud: api(names),
        cid: '0oa1',
        scp: ['openid', 'read:reports'],
      }),
      machine: (names) => ({ ver: 1, sub: '0oa1', aud: api(names), cid: '0oa1', scp: ['read:reports'] }),
    },
    idToken: () => ({ ver: 1, sub: '00u1', aud: '0oa1', at_hash: 'x' }),
  },
  'Amazon Cognito': {
    algorithm: 'RS256',
    header: {},
    tokens: {
      user: ({ audiences }) => ({
        sub: USER,
        client_id: audiences[1],
        token_use: 'access',
        scope: 'openid https://expenses-api/read:reports',
        username: 'alice',
        version: 2,
        jti: randomUUID(),
      }),
      'user, with resource binding': ({ audiences }) => ({
        sub: USER,
        aud: audiences[0],
        client_id: 'another',
        token_use: 'access',
        scope: 'https://expenses-api/read:reports',
      }),
      machine: ({ audiences }) => ({
        sub: audiences[1],
        client_id: audiences[1],
        token_use: 'access',
        scope: 'https://expenses-api/read:reports',
      }),
    },
    idToken: ({ audiences }) => ({ sub: USER, aud: audiences[1], token_use: 'id' }),
  },
  Keycloak: keycloak,
  'Keycloak with roles': {
    ...keycloak,
    tokens: {
      user: (names) => ({
        typ: 'Bearer',
        sub: USER,
        aud: api(names),
        azp: 'web',
        scope: 'openid',
        realm_access: { roles: ['offline_access', 'read:reports'] },
      }),
    },
  },
  'Ory Hydra': {
    algorithm: 'RS256',
    endsWithSlash: true,
    tokens: {
      user: (names) => ({
        aud: [api(names)],
        sub: USER,
        client_id: CLIENT,
        ext: {},
        scp: ['offline', 'read:reports'],
        jti: randomUUID(),
        nbf: Math.floor(Date.now() / 1000),
      }),
      'from a JWT bearer grant': (names) => ({
        aud: [api(names)],
        sub: USER,
        client_id: '',
        scp: ['read:reports'],
      }),
    },
    idToken: () => ({ sub: USER, aud: [CLIENT], at_hash: 'x' }),
  },
  Zitadel: {
    algorithm: 'RS256',
    keysAt: '/oauth/v2/keys',
    tokens: {
      user: (names) => ({
        aud: ['client@project', api(names)],
        sub: '169',
        client_id: 'client@project',
        'urn:zitadel:iam:org:project:roles': { 'read:reports': { '1': 'example.com' } },
      }),
    },
    idToken: (names) => ({
      aud: ['client@project', api(names)],
      sub: '169',
      at_hash: 'x',
      'urn:zitadel:iam:org:project:roles': { 'read:reports': { '1': 'example.com' } },
    }),
  },
  Logto: {
    algorithm: 'ES384',
    keysAt: '/jwks',
    header: { typ: 'at+jwt' },
    tokens: {
      user: (names) => ({ jti: 'j', sub: 'u', aud: api(names), client_id: CLIENT, scope: 'read:reports' }),
    },
    idToken: () => ({ sub: 'u', aud: CLIENT, at_hash: 'x' }),
  },
  Supabase: {
    algorithm: 'ES256',
    writeKey: (jwk) => ({ ...jwk, key_ops: ['verify'], ext: true }),
    tokens: {
      user: (names) => ({
        aud: api(names),
        sub: USER,
        role: 'authenticated',
        aal: 'aal1',
        session_id: randomUUID(),
        is_anonymous: false,
        app_metadata: { provider: 'email', permissions: ['read:reports'] },
        user_metadata: {},
      }),
    },
  },
  'Duende IdentityServer': {
    algorithm: 'RS256',
    keysAt: '/.well-known/openid-configuration/jwks',
    header: { typ: 'at+jwt' },
    tokens: {
      user: (names) => ({
        aud: api(names),
        sub: USER,
        client_id: 'web',
        scope: ['openid', 'read:reports'],
        amr: ['pwd'],
        jti: 'j',
      }),
      machine: (names) => ({ aud: [api(names)], client_id: 'daemon', scope: ['read:reports'], jti: 'j' }),
    },
    idToken: () => ({ aud: 'web', sub: USER, nonce: 'n', at_hash: 'x' }),
  },
  'Spring Authorization Server': {
    algorithm: 'RS256',
    keysAt: '/oauth2/jwks',
    header: {},
    writeKey: (jwk) => without(jwk, 'use', 'alg'),
    tokens: {
      user: (names) => ({
        sub: 'alice',
        aud: api(names),
        nbf: Math.floor(Date.now() / 1000),
        scope: ['openid', 'read:reports'],
        jti: randomUUID(),
      }),
    },
    idToken: () => ({ sub: 'alice', aud: 'web', azp: 'web' }),
  },
  PingOne: {
    algorithm: 'RS256',
    keysAt: '/jwks',
    tokens: {
      user: (names) => ({
        client_id: CLIENT,
        sub: USER,
        aud: [api(names)],
        scope: 'openid read:reports',
        env: GUID,
        org: GUID,
      }),
      'user, from March 2027': (names) => ({
        client_id: CLIENT,
        sub: USER,
        aud: [api(names)],
        scope: 'read:reports',
        jti: 'j',
      }),
      machine: (names) => ({ client_id: CLIENT, aud: [api(names)], scope: 'read:reports', env: GUID }),
    },
    idToken: () => ({ sub: USER, aud: CLIENT, at_hash: 'x' }),
  },
  'AD FS': {
    algorithm: 'RS256',
    keysAt: '/discovery/keys',
    metadata: ({ address, issuers }) => ({ issuer: address, access_token_issuer: issuers[0] }),
    writeKey: certified,
    tokens: {
      user: (names) => ({
        aud: api(names),
        sub: 'pairwise',
        appid: GUID,
        apptype: 'Public',
        scp: 'openid read:reports',
        auth_time: '2026-11-01T10:00:00.000Z',
        ver: '1.0',
      }),
      'user, without sub': (names) => ({
        aud: api(names),
        upn: 'alice@example.com',
        appid: GUID,
        scp: 'read:reports',
      }),
    },
    idToken: () => ({ aud: GUID, sub: 'pairwise' }),
  },
  Authelia: {
    algorithm: 'RS256',
    keysAt: '/jwks.json',
    header: { typ: 'at+jwt' },
    tokens: {
      user: (names) => ({
        aud: [api(names)],
        sub: USER,
        client_id: 'web',
        scope: 'openid read:reports',
        scp: ['openid', 'read:reports'],
        jti: 'j',
      }),
      machine: (names) => ({ aud: [api(names)], client_id: 'daemon', scp: ['read:reports'], jti: 'j' }),
    },
    idToken: () => ({ aud: ['web'], sub: USER, at_hash: 'x' }),
  },
  Kanidm: {
    algorithm: 'ES256',
    keysAt: '/public_key.jwk',
    header: { typ: 'at+jwt' },
    tokens: {
      user: (names) => ({
        aud: api(names),
        sub: USER,
        client_id: api(names),
        jti: USER,
        nbf: Math.floor(Date.now() / 1000),
        scope: 'openid read:reports',
        nonce: 'n',
        session_id: USER,
      }),
    },
    idToken: (names) => ({ aud: api(names), azp: api(names), sub: USER, jti: USER, scope: 'read:reports' }),
  },
  'Better Auth and Rauthy': {
    algorithm: 'EdDSA',
    keysAt: '/api/auth/jwks',
    otherKeys: [{ ...rsaJwk, kid: 'rsa', alg: 'RS256' }],
    writeKey: (jwk) => without(jwk, 'use'),
    tokens: {
      'user of Better Auth': (names) => ({
        aud: [api(names), `${names.address}/oauth2/userinfo`],
        sub: USER,
        azp: CLIENT,
        client_id: CLIENT,
        scope: SCOPE,
      }),
      'user of Rauthy': (names) => ({ typ: 'Bearer', aud: api(names), sub: USER, azp: 'web', scope: SCOPE }),
    },
    idToken: (names) => ({ typ: 'Id', aud: api(names), sub: USER, azp: 'web' }),
  },
  'GitHub Actions': {
    algorithm: 'RS256',
    keysAt: '/.well-known/jwks',
    writeKey: certified,
    route: '/secured/me',
    tokens: {
      workflow: (names) => ({
        jti: 'j',
        sub: 'repo:OWNER/REPOSITORY:ref:refs/heads/main',
        aud: api(names),
        repository: 'OWNER/REPOSITORY',
        repository_owner: 'OWNER',
        run_id: '1',
      }),
    },
  },
};
