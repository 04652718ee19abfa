import { startTestIssuer, type TestIssuer } from '../../testing/index.js';
import { discover, issuerSpellings } from './issuer-metadata.js';

let issuer: TestIssuer;

beforeEach(async () => {
  issuer = await startTestIssuer();
});

afterEach(() => issuer?.close());

const signal = () => AbortSignal.timeout(5000);
const bare = () => issuer.url.slice(0, -1);

it('an issuer is spelt with or without one slash, and in no other way', () => {
  expect(issuerSpellings('https://a.example.com/t')).toStrictEqual([
    'https://a.example.com/t/',
    'https://a.example.com/t',
  ]);
  expect(issuerSpellings('https://a.example.com/t/')).toStrictEqual([
    'https://a.example.com/t/',
    'https://a.example.com/t',
  ]);
  expect(issuerSpellings('https://a.example.com//')).toStrictEqual([
    'https://a.example.com//',
    'https://a.example.com/',
  ]);
});

describe('discovery', () => {
  it.each([
    ['both have the slash', () => issuer.url, () => issuer.url],
    ['only the issuer has it', () => bare(), () => issuer.url],
    ['only the configuration has it', () => issuer.url, () => bare()],
    ['neither has it', () => bare(), () => bare()],
  ])('takes the name that the issuer gives itself: %s', async (_title, configured, named) => {
    issuer.name = named();
    expect(await discover(configured(), signal())).toMatchObject({
      issuer: named(),
      jwksUri: `${issuer.url}.well-known/jwks.json`,
    });
  });

  it.each([
    ['two slashes', () => `${issuer.url}/`],
    ['capitals', () => issuer.url.toUpperCase()],
    ['a path', () => `${issuer.url}tenant`],
    ['another port', () => 'http://localhost:1/'],
    ['an address', () => issuer.url.replace('localhost', '127.0.0.1')],
    ['another scheme', () => issuer.url.replace('http', 'https')],
    ['nothing', () => ''],
    ['a number', () => 1 as never],
  ])('refuses an issuer that gives itself another name: %s', async (_title, name) => {
    issuer.name = name();
    await expect(discover(issuer.url, signal())).rejects.toThrow('names another issuer');
  });
});
