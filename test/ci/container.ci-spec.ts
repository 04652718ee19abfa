import { load } from 'js-yaml';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { ownRedis } from '../support/redis.js';
import { freePort } from '../support/free-addresses.js';
import { canBuildImages, Container, Output, ROOT } from './support/container.js';
import { createDatabase, type TestDatabase } from './support/postgres.js';

const BUILD_TIMEOUT_MS = 900_000;
const MAX_MEGABYTES_OVER_BASE = 130;

interface Service {
  readonly environment: Record<string, string>;
  readonly read_only: boolean;
  readonly tmpfs: string[];
}
const { services } = load(readFileSync(join(ROOT, 'compose.yaml'), 'utf8')) as {
  services: { api: Service };
};
/** The folders that compose lets the API write to, with their mount options. */
const writable = Object.fromEntries(
  services.api.tmpfs.map((mount) => mount.split(/:(.*)/s, 2) as [string, string]),
);

const buildable = await canBuildImages();
const describeContainer = buildable ? describe : describe.skip;

describeContainer('the image of the API (skipped without root, buildah and debootstrap)', () => {
  let image: Container | undefined;
  let issuer: TestIssuer | undefined;
  let database: TestDatabase | undefined;

  beforeAll(async () => {
    [issuer, database, image] = await Promise.all([
      startTestIssuer(),
      createDatabase(),
      Container.build('api'),
    ]);
  }, BUILD_TIMEOUT_MS);
  afterAll(async () => {
    await database?.drop();
    await issuer?.close();
    await image?.remove();
  });

  const inImage = (path: string) => join(image!.folder, path);

  it(`is at most ${MAX_MEGABYTES_OVER_BASE} MB over its base`, () => {
    const { total, base } = image!.size;
    const megabytes = Math.round((total - base) / 1e6);
    process.stdout.write(`image of the API: ${megabytes} MB over its base\n`);
    expect(megabytes).toBeLessThanOrEqual(MAX_MEGABYTES_OVER_BASE);
  });

  it('has neither compiler, embedded database, development dependencies, sources nor settings', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean }>;
    };
    const unwanted = Object.keys(packages).filter((path) => path !== '' && packages[path]!.dev);
    expect(unwanted.length).toBeGreaterThan(100);
    const others = [
      'node_modules/typescript',
      'node_modules/@electric-sql',
      'src',
      'test',
      'apps',
      '.env',
      'data',
    ];
    expect([...unwanted, ...others].filter((path) => existsSync(inImage(`app/${path}`)))).toEqual([]);
  });

  it('lists exactly its packages in sbom.cdx.json', () => {
    const { components } = JSON.parse(readFileSync(inImage('app/sbom.cdx.json'), 'utf8')) as {
      components: { group?: string; name: string; version: string }[];
    };
    const { packages } = JSON.parse(readFileSync(inImage('app/node_modules/.package-lock.json'), 'utf8')) as {
      packages: Record<string, { name?: string; version: string }>;
    };
    const installed = Object.entries(packages).map(
      ([path, { name, version }]) => `${name ?? path.replace(/.*node_modules\//, '')}@${version}`,
    );
    const listed = components.map(
      ({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`,
    );
    expect(new Set(listed)).toEqual(new Set(installed));
  });

  it('serves, imports and stops as compose.yaml runs it: by the user node, on a file system that is read-only', async () => {
    expect(services.api.read_only).toBe(true);
    expect(image!.config.User).toBe('node');
    const port = String(await freePort());
    const variables = {
      ...services.api.environment,
      // What compose takes from its own environment, and the hosts of its network.
      ISSUER_BASE_URL: issuer!.url,
      ALLOWED_AUDIENCES: issuer!.audience,
      BASE_URL: `http://localhost:${port}`,
      DATABASE_URL: database!.url,
      DATABASE_PASSWORD: 'p@ss/w#rd?',
      REDIS_URL: ownRedis(),
      METRICS_PORT: '0',
      PORT: port,
      SHUTDOWN_GRACE: '1',
    };
    const [kind, ...check] = image!.config.Healthcheck!.Test;
    expect(kind).toBe('CMD');
    const isHealthy = async () => {
      const [code] = await new Output(image!.run(check, { PORT: port }, writable)).ended;
      return code === 0;
    };
    expect(await isHealthy()).toBe(false);

    const api = image!.run(image!.config.Cmd, variables, writable);
    const output = new Output(api);
    try {
      const deadline = Date.now() + 60_000;
      let healthy = false;
      while (!healthy && Date.now() < deadline && api.exitCode === null) {
        healthy = await isHealthy();
        await delay(200);
      }
      expect({ healthy, output: healthy ? '' : output.text }).toEqual({ healthy: true, output: '' });

      const status = readFileSync(`/proc/${api.pid}/status`, 'utf8');
      expect(/^Uid:\s+(.*)$/m.exec(status)![1]).toBe('1000\t1000\t1000\t1000');
      expect(/^CapBnd:\s+(.*)$/m.exec(status)![1]).toBe('0000000000000000');
      const [code] = await new Output(image!.run(['touch', 'dist/new'], {}, writable)).ended;
      expect(code).not.toBe(0);

      const url = `http://127.0.0.1:${port}`;
      const authorization = `Bearer ${issuer!.tokenFor({ scopes: ['read:reports', 'create:expenses'] })}`;
      const refused = await fetch(`${url}/`);
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining('resource_metadata='),
      ]);
      const rows = Array.from({ length: 5000 }, (_, row) => `2026-11-21,Hotel ${row},120,EUR`);
      const imported = await fetch(`${url}/expenses/import`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'text/csv' },
        body: `date,description,value,currency\n${rows.join('\n')}\n`,
      });
      expect([imported.status, await imported.json()]).toEqual([
        201,
        expect.objectContaining({ imported: 5000 }),
      ]);
      const list = await fetch(`${url}/?limit=3`, { headers: { authorization } });
      expect(await list.json()).toHaveLength(3);

      api.kill('SIGTERM');
      expect(await output.ended).toEqual([0, null]);
    } finally {
      api.kill('SIGKILL');
    }
  });
});

describeContainer('the image of the lab (skipped without root, buildah and debootstrap)', () => {
  let context: string;
  let image: Container | undefined;

  beforeAll(async () => {
    // A clone as somebody has it who worked with it: with secrets that must stay where they are.
    context = await mkdtemp(join(tmpdir(), 'expenses-context-'));
    await copyOfTheRepository(context);
    for (const file of [
      'apps/issuer/data/issuer.sqlite',
      'apps/web/.env',
      '.env',
      'data/lab/secret',
      'key.pem',
    ]) {
      await mkdir(join(context, file, '..'), { recursive: true });
      await writeFile(join(context, file), 'secret');
    }
    image = await Container.build('lab', context);
  }, BUILD_TIMEOUT_MS);
  afterAll(async () => {
    await image?.remove();
    await rm(context, { recursive: true, force: true });
  });

  it('has nothing secret of the machine that it was built on', async () => {
    const files = readdirSync(join(image!.folder, 'app'), { recursive: true, encoding: 'utf8' }).filter(
      (file) => !file.includes('node_modules'),
    );
    expect(files).toContain('scripts/lab.ts');
    expect(files.filter((file) => /(^|\/)(data|\.env|\.git|test|key\.pem)$/.test(file))).toEqual(
      files.filter((file) => /^apps\/(issuer|web)\/test$/.test(file)),
    );
  });

  it('runs all three programs by the user node, and ends them on SIGTERM', async () => {
    expect(image!.config.User).toBe('node');
    const lab = image!.run(image!.config.Cmd, {}, undefined);
    const output = new Output(lab);
    try {
      while (!output.text.includes('The lab is running')) {
        if (lab.exitCode !== null) throw new Error(`The lab ended: ${output.text}`);
        await delay(200);
      }
      const [, token] = /curl -H 'Authorization: (Bearer [^']+)'/.exec(output.text)!;
      const answers = [
        await fetch('http://localhost:3001/', { headers: { authorization: token! } }),
        await fetch('http://localhost:3001/'),
        await fetch('http://localhost:3000/'),
        await fetch('http://localhost:3002/.well-known/openid-configuration'),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 401, 200, 200]);
      expect(await answers[0]!.json()).toHaveLength(2);
    } finally {
      lab.kill('SIGTERM');
      await output.ended;
    }
    await expect(fetch('http://localhost:3001/')).rejects.toThrow('fetch failed');
  });
});

describeContainer('a build of the image (skipped without root, buildah and debootstrap)', () => {
  it(
    'fails when package-lock.json lags behind package.json',
    async () => {
      const context = await mkdtemp(join(tmpdir(), 'expenses-lag-'));
      try {
        await copyOfTheRepository(context);
        const manifest = JSON.parse(await readFile(join(context, 'package.json'), 'utf8')) as {
          dependencies: Record<string, string>;
        };
        manifest.dependencies['zod'] = '4.0.0';
        await writeFile(join(context, 'package.json'), JSON.stringify(manifest));
        await expect(Container.build('api', context)).rejects.toThrow(
          /package-lock\.json lags behind:\s+dependencies of package\.json/,
        );
      } finally {
        await rm(context, { recursive: true, force: true });
      }
    },
    BUILD_TIMEOUT_MS,
  );
});

/** The files that git knows, and those that are new. */
async function copyOfTheRepository(target: string): Promise<void> {
  await promisify(execFile)(
    'sh',
    [
      '-c',
      'git ls-files -z --cached --others --exclude-standard | xargs -0 tar c --ignore-failed-read | tar x -C "$0"',
      target,
    ],
    { cwd: ROOT },
  );
}
