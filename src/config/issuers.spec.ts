import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidEnvironment, parseEnvironment } from './environment.js';

const one = { ISSUER_BASE_URL: 'https://tenant.example.com/', ALLOWED_AUDIENCES: 'https://expenses-api' };

function faultsOf(variables: Record<string, string>): readonly string[] {
  try {
    parseEnvironment(variables);
    return [];
  } catch (error) {
    return (error as InvalidEnvironment).faults;
  }
}

const entry = (changes: object) => ({
  issuerBaseUrl: 'https://a.example.com',
  audiences: ['https://expenses-api'],
  ...changes,
});

describe('the variables of one issuer', () => {
  it('become its options', () => {
    const { ISSUERS } = parseEnvironment({
      ...one,
      ISSUER: 'acme.com, https://sts.example.com/T/',
      TOKEN_ALGORITHMS: 'ES256, Ed25519',
      AUDIENCE_CLAIM: 'client_id',
      REQUIRED_CLAIMS: 'token_use=access,tid',
      SCOPE_PREFIX: 'https://expenses-api/',
      PERMISSIONS_CLAIM: 'realm_access.roles',
      SUBJECT_CLAIM: 'sub,client_id',
    });
    expect(ISSUERS).toMatchObject([
      {
        issuerBaseUrl: 'https://tenant.example.com/',
        audiences: ['https://expenses-api'],
        issuer: ['acme.com', 'https://sts.example.com/T/'],
        algorithms: ['ES256', 'Ed25519'],
        audienceClaim: 'client_id',
        requiredClaims: ['token_use=access', 'tid'],
        scopePrefix: 'https://expenses-api/',
        permissionsClaim: 'realm_access.roles',
        subjectClaim: ['sub', 'client_id'],
      },
    ]);
  });

  it.each([
    ['TOKEN_ALGORITHMS', 'HS256'],
    ['TOKEN_ALGORITHMS', 'RS256,none'],
    ['TOKEN_ALGORITHMS', 'rs256'],
    ['TOKEN_ALGORITHMS', 'Ed448'],
    ['TOKEN_ALGORITHMS', ','],
    ['REQUIRED_CLAIMS', '=access'],
    ['SUBJECT_CLAIM', ' , '],
    ['SCOPE_PREFIX', 'api "x'],
    ['SCOPE_PREFIX', 'api\\'],
  ])('are refused when they cannot be meant: %s=%s', (name, value) => {
    expect(faultsOf({ ...one, [name]: value })).toStrictEqual([expect.stringMatching(`^${name} must `)]);
  });
});

describe('ISSUERS_FILE', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'issuers-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const write = (text: string | Buffer) => {
    const path = join(folder, 'issuers.yaml');
    writeFileSync(path, text);
    return { ISSUERS_FILE: path };
  };
  const json = (...issuers: unknown[]) => write(JSON.stringify({ issuers }));

  it('lists issuers, in YAML', () => {
    const { ISSUERS } = parseEnvironment(
      write(`issuers:
  - issuerBaseUrl: https://a.example.com
    audiences: [https://expenses-api]
  - issuerBaseUrl: http://localhost:3002/
    audiences: [https://expenses-api]
    issuer: acme.com
    algorithms: [ES256]
`),
    );
    expect(ISSUERS).toMatchObject([
      { issuerBaseUrl: 'https://a.example.com' },
      { issuer: ['acme.com'], algorithms: ['ES256'] },
    ]);
  });

  it('lists issuers, in JSON', () => {
    expect(parseEnvironment(json(entry({}))).ISSUERS).toStrictEqual([entry({})]);
    expect(parseEnvironment(write(JSON.stringify([entry({})]))).ISSUERS).toStrictEqual([entry({})]);
  });

  it('has every fault named at once, with its place', () => {
    const faults = faultsOf(
      json(
        entry({ issuerBaseUrl: 'http://a.example.com' }),
        { audiences: [], audience: 'x' },
        entry({ issuerBaseUrl: 'https://c.example.com', algorithms: ['HS256'], profile: 'x' }),
      ),
    );
    expect(faults).toHaveLength(6);
    for (const place of [
      'issuers[0].issuerBaseUrl must use https',
      'issuers[1].issuerBaseUrl is missing',
      'issuers[1].audiences must not be empty',
      'issuers[1].audience is no option; is audiences meant?',
      'issuers[2].algorithms[0] must be one of RS256',
      'issuers[2].profile must be jwt or rfc9068',
    ]) {
      expect(faults).toContainEqual(expect.stringContaining(`ISSUERS_FILE ${place}`));
    }
  });

  it.each([
    ['the same address', {}, {}],
    ['an address with a slash more', {}, { issuerBaseUrl: 'https://a.example.com/' }],
    ['a name in common', { issuer: ['x', 'y'] }, { issuerBaseUrl: 'https://b.example.com', issuer: 'y' }],
    [
      'a name that is the address of another',
      {},
      { issuerBaseUrl: 'https://b.example.com', issuer: 'https://a.example.com/' },
    ],
  ])('has no issuer twice: %s', (_title, first, second) => {
    expect(faultsOf(json(entry(first), entry(second)))).toStrictEqual([
      'ISSUERS_FILE issuers[1] is the same issuer as issuers[0]',
    ]);
  });

  it('has a value of the wrong kind told from one that is missing', () => {
    expect(faultsOf(json(entry({ audiences: 'https://expenses-api' })))).toStrictEqual([
      'ISSUERS_FILE issuers[0].audiences must be a list',
    ]);
  });

  it.each(['', '[]', '{}', 'issuers: []', 'issuers: 1', '- 1', '{', 'null', '{"issuers":[],"x":1}'])(
    'is refused when it is %j',
    (text) => {
      const faults = faultsOf(write(text));
      expect(faults).not.toHaveLength(0);
      for (const fault of faults) expect(fault).toMatch(/^ISSUERS_FILE /);
    },
  );

  const oneInYaml = '- issuerBaseUrl: https://a.example.com\n  audiences: [https://expenses-api]\n';

  it.each<[string, string]>([
    ['a byte order mark', `\uFEFF${oneInYaml}`],
    ['a byte order mark before JSON', `\uFEFF${JSON.stringify([entry({})])}`],
    ['lines that end as those of Windows', oneInYaml.replaceAll('\n', '\r\n')],
    [
      'anchors and aliases',
      `- issuerBaseUrl: &a https://a.example.com\n  audiences: &b [https://expenses-api]\n`,
    ],
  ])('may have %s', (_title, text) => {
    expect(parseEnvironment(write(text)).ISSUERS).toStrictEqual([entry({})]);
  });

  it.each<[string, string | Buffer, string]>([
    [
      'nothing',
      '# none yet\n',
      'names a file that is neither YAML nor JSON: expected a document, but the input',
    ],
    [
      'a member twice',
      `${oneInYaml}  audiences: [x]\n`,
      'names a file that is neither YAML nor JSON: duplicated mapping key (line 3)',
    ],
    [
      'a member twice, in JSON',
      '[{"issuerBaseUrl":"https://a.example.com",\n"audiences":["x"],"audiences":["y"]}]',
      'names a file that is neither YAML nor JSON: duplicated mapping key (line 2)',
    ],
    ['two documents', `${oneInYaml}---\n${oneInYaml}`, 'neither YAML nor JSON: expected a single document'],
    ['tabs', oneInYaml.replace('  ', '\t'), 'names a file that is neither YAML nor JSON: '],
    [
      'code',
      `- issuerBaseUrl: !!js/function x`,
      'names a file that is neither YAML nor JSON: unknown scalar tag',
    ],
    ['another encoding', Buffer.from(`${oneInYaml}# café`, 'latin1'), 'names a file that is not UTF-8'],
    [
      'an encoding of two bytes',
      Buffer.from(oneInYaml, 'utf16le'),
      'names a file that is neither YAML nor JSON',
    ],
    [
      'ten megabytes',
      `${oneInYaml}#${'x'.repeat(10_000_000)}`,
      'names a file that has more than 1048576 bytes',
    ],
    [
      'an issuer by an alias, twice',
      '- &a\n  issuerBaseUrl: https://a.example.com\n  audiences: [x]\n- *a\n',
      'issuers[1] is the same issuer as issuers[0]',
    ],
    [
      'itself',
      '- &a\n  issuerBaseUrl: https://a.example.com\n  audiences: &b [*b]\n',
      'audiences[0] must be text',
    ],
    ['a prototype', `${oneInYaml}  __proto__: {algorithms: [ES256]}\n`, 'issuers[0].__proto__ is no option'],
    [
      'a number as text',
      oneInYaml.replace('https://expenses-api', '12'),
      'issuers[0].audiences[0] must be text',
    ],
  ])('is refused with %s, and told why', (_title, text, reason) => {
    const [fault, ...others] = faultsOf(write(text));
    expect(fault).toMatch(/^ISSUERS_FILE /);
    expect(fault).toContain(reason);
    expect(others).toStrictEqual([]);
  });

  it('is refused when it grows without end under aliases', () => {
    const lines = Array.from({ length: 30 }, (_, level) => {
      const inner = level === 0 ? '[x, x]' : `[${`*a${level - 1}, `.repeat(9)}]`;
      return `a${level}: &a${level} ${inner}\n`;
    });
    const faults = faultsOf(write(`${lines.join('')}issuers: *a29\n`));
    expect(faults).toContain('ISSUERS_FILE issuers[0] must be the options of an issuer');
    expect(faults.length).toBeLessThan(100);
  });

  it('may list issuers whose keys are at the same address', () => {
    const jwksUri = 'https://keys.example.com/jwks.json';
    const second = entry({ issuerBaseUrl: 'https://b.example.com', jwksUri });
    expect(parseEnvironment(json(entry({ jwksUri }), second)).ISSUERS).toHaveLength(2);
  });

  it.each([
    ['ENOENT', 'none'],
    ['EISDIR', '.'],
  ])('must be a file that can be read: %s', (code, name) => {
    expect(faultsOf({ ISSUERS_FILE: join(folder, name) })).toStrictEqual([
      `ISSUERS_FILE names a file that cannot be read (${code})`,
    ]);
  });

  it('takes the place of the variables of one issuer', () => {
    const faults = faultsOf({ ...json(entry({})), ...one, GRANTS_FROM: 'scope' });
    expect(faults.map((fault) => fault.split(' ')[0])).toStrictEqual([
      'ISSUER_BASE_URL',
      'ALLOWED_AUDIENCES',
      'GRANTS_FROM',
    ]);
  });
});
