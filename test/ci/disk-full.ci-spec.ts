import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { ApiProcess } from './support/api-process.js';

const folder = mkdtempSync(join(tmpdir(), 'expenses-disk-'));

/** A small disk; it takes the right to mount one, which not every machine gives. */
function mountDisk(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m,mode=700', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const mounted = mountDisk();

(mounted ? describe : describe.skip)(
  'the disk of PGlite is full (skipped without the right to mount)',
  () => {
    let issuer: TestIssuer | undefined;
    let api: ApiProcess | undefined;

    afterAll(async () => {
      await api?.kill();
      await issuer?.close();
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    });

    it('writes are refused as problems, what was acknowledged stays, and a restart with room writes again', async () => {
      issuer = await startTestIssuer();
      const variables = { DATABASE_URL: `pglite:${folder}/database` };
      api = await ApiProcess.start(issuer, variables);
      const token = issuer.tokenFor({ scopes: ['read:reports', 'create:expenses'] });
      const write = async () => {
        const answer = await fetch(`${api!.url}/expenses`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ date: '2026-03-01', description: 'x'.repeat(200), value: 1 }),
        });
        return { status: answer.status, type: answer.headers.get('content-type') };
      };
      const read = () => fetch(`${api!.url}/?limit=500`, { headers: { authorization: `Bearer ${token}` } });

      expect((await write()).status).toBe(201);
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize));
      let acknowledged = 1;
      let refused = await write();
      while (refused.status === 201 && acknowledged < 20_000) {
        acknowledged += 1;
        refused = await write();
      }
      process.stdout.write(`disk full: ${acknowledged} rows written, then ${JSON.stringify(refused)}\n`);
      expect([500, 503]).toContain(refused.status);
      expect(refused.type).toContain('application/problem+json');
      expect(api.hasEnded).toBe(false);
      expect((await fetch(`${api.url}/health/live`)).status).toBe(200);

      rmSync(join(folder, 'filler'));
      await api.stop();
      api = await ApiProcess.start(issuer, variables);
      expect((await write()).status).toBe(201);
      const rows = (await (await read()).json()) as unknown[];
      expect(rows.length).toBe(Math.min(500, acknowledged + 1));
    });
  },
);
