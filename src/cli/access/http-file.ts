import { describeStepUp, type ManifestEntry } from './manifest.js';

/** What a request sends, for the routes that take a body. */
const bodies: Readonly<Record<string, string>> = {
  'POST /expenses': `Content-Type: application/json

{"date":"2026-11-20","description":"Taxi to the airport","value":38.5,"currency":"EUR","category":"travel"}`,
  'POST /expenses/import': `Content-Type: text/csv

date,description,value,currency
2026-11-21,Hotel,120,EUR
`,
  'PATCH /expenses/:id': `Content-Type: application/merge-patch+json
If-Match: "1"

{"category":null}`,
};

/** The request whose answer has the id that the others put into their paths. */
const CREATES = 'POST /expenses';

const HEAD = `# The routes of the API as requests, for the REST client of VS Code or JetBrains: npm run lab, then send them from top to
# bottom. Made from the routes by \`npm run access -- --update\`.
@api = http://localhost:3001
@issuer = http://localhost:3002

### A token of the lab's machine client, with all of its permissions
# @name login
POST {{issuer}}/oauth/token
Content-Type: application/x-www-form-urlencoded

grant_type=client_credentials&client_id=lab-cli&client_secret=sample-secret-of-lab-cli&audience=https://expenses-api
`;

/** The routes as a file of requests that can be sent one after the other: what makes something first, what removes it last. */
export function toHttpFile(manifest: readonly ManifestEntry[]): string {
  const shown = manifest.filter(({ path }) => !/^\/(docs|\.well-known)\b/.test(path));
  const requests = shown.toSorted((one, other) => orderOf(one) - orderOf(other)).map(toRequest);
  return `${HEAD}\n${requests.join('\n')}`;
}

const METHODS = ['POST', 'GET', 'PATCH', 'DELETE'];

/** Routes of single things are removed before those of all. */
function orderOf({ method, path }: ManifestEntry): number {
  return METHODS.indexOf(method) * 10 + (method === 'DELETE' && !path.includes(':') ? 1 : 0);
}

function toRequest({ method, path, access, stepUp }: ManifestEntry): string {
  const route = `${method} ${path}`;
  const lines = [
    `### ${route} (${access})`,
    ...(route === CREATES ? ['# @name create'] : []),
    ...(stepUp
      ? [`# Needs the token of a person: ${describeStepUp(stepUp)}. The machine client gets 401.`]
      : []),
    `${method} {{api}}${path.replaceAll(/:\w+/g, '{{create.response.body.id}}')}`,
    ...(access === 'public' ? [] : ['Authorization: Bearer {{login.response.body.access_token}}']),
    ...(bodies[route] === undefined ? [] : [bodies[route]]),
  ];
  return `${lines.join('\n')}\n`;
}
