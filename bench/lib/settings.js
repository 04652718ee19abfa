import { fileURLToPath } from 'node:url';

/** Everything that issuer, servers, load generator and runner must agree on. */

/** Fixed, because the issuer's address is a claim (`iss`) of the tokens kept in the cache folder. */
export const ISSUER_PORT = 3992;
export const ISSUER = `http://127.0.0.1:${ISSUER_PORT}/`;
export const JWKS_URI = `${ISSUER}.well-known/jwks.json`;
export const AUDIENCE = 'https://expenses-api';
export const SCOPE = 'read:reports';

/** What the tokens of the main comparison are signed with. */
export const ALGORITHM = 'RS256';
/** What clients sign proofs with: the one algorithm that both servers of that comparison take. */
export const PROOF_ALGORITHM = 'ES256';

/** What requests say that the server is called, whatever its port: proofs are made before it is known. */
export const SERVER_HOST = '127.0.0.1';
export const SERVER_URL = `http://${SERVER_HOST}/`;

export const CONNECTIONS = 32;
export const WARM_TOKENS = 1_000;
/** Tokens sent once each before resident memory is read. */
export const CACHED_TOKENS = 10_000;

/** The body that a stranger sends, in bytes. */
export const REFUSED_BODY_BYTES = 900_000;

/** What production runs Node with: the image and, but for the environment, `start:prod`. */
export const PRODUCTION_NODE_OPTIONS = ['--max-semi-space-size=4', '--max-old-space-size=2000'];
export const PRODUCTION_ENVIRONMENT = { MALLOC_ARENA_MAX: '2' };

export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

export const CACHE_FOLDER = fileURLToPath(new URL('../.cache/', import.meta.url));

/** The body every server answers with. */
export const EXPENSES = [
  {
    id: '019512a4-6c00-7000-8000-000000000002',
    date: '2026-02-18',
    description: 'Coffee for a customer meeting',
    value: 12.5,
    currency: 'USD',
    category: 'meals',
    createdAt: '2026-02-18T09:30:00.000Z',
    updatedAt: '2026-02-18T09:30:00.000Z',
  },
  {
    id: '019512a4-6c00-7000-8000-000000000001',
    date: '2026-02-17',
    description: 'Train to the branch office',
    value: 84,
    currency: 'USD',
    category: null,
    createdAt: '2026-02-17T18:05:00.000Z',
    updatedAt: '2026-02-17T18:05:00.000Z',
  },
];
