import { Injectable } from '@nestjs/common';
import { type CipherGCM, createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CurrentSession } from '../sessions/browser-session.js';
import { Sealing } from '../sessions/sealing.js';

/** A file that waits for its person to decide is kept so long, in milliseconds. */
const LIFETIME_MS = 30 * 60 * 1000;
/** Files of one person that wait at the same time; the oldest makes room. */
const MAX_FILES = 3;
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A file that a person uploaded. */
export interface Upload {
  /** The bytes, from the beginning, each time that it is called. */
  readonly content: () => Readable;
}

/**
 * Files between upload and import, in the system's folder for temporary files: too large for memory, a cookie or a
 * hidden field. Each is encrypted under a key that needs the session secret, the person and the file's random id, which
 * only the person's browser has.
 */
@Injectable()
export class Uploads {
  readonly #folder = join(tmpdir(), `expenses-uploads-${userInfo().username}`);

  constructor(private readonly sealing: Sealing) {}

  /** Keeps a file, and returns its id. What arrives only in part is not kept. */
  async keep(session: CurrentSession, content: AsyncIterable<Buffer>): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#makeRoom(session);
    const id = randomUUID();
    const path = this.#path(session, id);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key(session, id), nonce, { authTagLength: TAG_BYTES });
    try {
      await pipeline(
        content,
        encrypted(cipher, nonce),
        createWriteStream(path, { flags: 'wx', mode: 0o600 }),
      );
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return id;
  }

  /** The person's file with this id; undefined when there is none, or no longer, on this machine. */
  async find(session: CurrentSession, id: string): Promise<Upload | undefined> {
    const path = this.#path(session, id);
    const found = await stat(path).catch(() => undefined);
    if (!found || Date.now() - found.mtimeMs > LIFETIME_MS) return undefined;
    const [nonce, tag] = await readEnds(path, found.size);
    return {
      content: () => {
        const decipher = createDecipheriv(CIPHER, this.#key(session, id), nonce, {
          authTagLength: TAG_BYTES,
        });
        decipher.setAuthTag(tag);
        const end = found.size - TAG_BYTES - 1;
        if (end < NONCE_BYTES) return Readable.from([]);
        const file = createReadStream(path, { start: NONCE_BYTES, end });
        file.on('error', (error) => decipher.destroy(error));
        return file.pipe(decipher);
      },
    };
  }

  /** Forgets a file, whether it is there or not. */
  async drop(session: CurrentSession, id: string): Promise<void> {
    await rm(this.#path(session, id), { force: true });
  }

  /** Removes what nobody came back for, and of this person what is too many. */
  async #makeRoom(session: CurrentSession): Promise<void> {
    const names = await readdir(this.#folder);
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name);
        return { name, path, time: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 };
      }),
    );
    const old = files.filter(({ time }) => Date.now() - time > LIFETIME_MS);
    const theirs = files
      .filter(({ name }) => name.startsWith(this.#person(session)))
      .toSorted((a, b) => b.time - a.time)
      .slice(MAX_FILES - 1);
    await Promise.all([...old, ...theirs].map(({ path }) => rm(path, { force: true })));
  }

  #path(session: CurrentSession, id: string): string {
    const name = this.sealing.fingerprint('upload', `${session.claims.sub} ${id}`);
    return join(this.#folder, `${this.#person(session)}.${name}`);
  }

  #person({ claims }: CurrentSession): string {
    return this.sealing.fingerprint('uploads', claims.sub).slice(0, 22);
  }

  #key({ claims }: CurrentSession, id: string): Buffer {
    return Buffer.from(this.sealing.fingerprint('upload key', `${claims.sub} ${id}`), 'base64url');
  }
}

/** Nonce, encrypted bytes, authentication tag. */
function encrypted(cipher: CipherGCM, nonce: Buffer) {
  return async function* (source: AsyncIterable<Buffer>) {
    yield nonce;
    for await (const chunk of source) yield cipher.update(chunk);
    yield cipher.final();
    yield cipher.getAuthTag();
  };
}

async function readEnds(path: string, size: number): Promise<[Buffer, Buffer]> {
  const file = await open(path);
  try {
    const [nonce, tag] = [Buffer.alloc(NONCE_BYTES), Buffer.alloc(TAG_BYTES)];
    await file.read(nonce, 0, NONCE_BYTES, 0);
    await file.read(tag, 0, TAG_BYTES, Math.max(0, size - TAG_BYTES));
    return [nonce, tag];
  } finally {
    await file.close();
  }
}
