import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Keeps values that are too many for memory in a temporary file, which nobody else can read and which no crash leaves. */
export class Spool<T> {
  private constructor(private readonly file: FileHandle) {}

  static async create<T>(): Promise<Spool<T>> {
    const path = join(tmpdir(), `expenses-${randomUUID()}`);
    const file = await open(path, 'wx+', 0o600);
    await unlink(path); // the file lives on until it is closed
    return new Spool(file);
  }

  async write(value: T): Promise<void> {
    await this.file.appendFile(`${JSON.stringify(value)}\n`);
  }

  /** All values, in the order in which they were written. */
  async *values(): AsyncGenerator<T> {
    const lines = this.file.readLines({ start: 0, autoClose: false, encoding: 'utf8' });
    for await (const line of lines) yield JSON.parse(line) as T;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
