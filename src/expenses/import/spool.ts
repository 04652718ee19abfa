import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Keeps lines that are too many for memory in a temporary file, which nobody else can read and which no crash leaves. */
export class Spool<Line extends string> {
  private constructor(private readonly file: FileHandle) {}

  static async create<Line extends string>(): Promise<Spool<Line>> {
    const path = join(tmpdir(), `expenses-${randomUUID()}`);
    const file = await open(path, 'wx+', 0o600);
    await unlink(path); // the file lives on until it is closed
    return new Spool(file);
  }

  /** @param line without line ends in it */
  async write(line: Line): Promise<void> {
    await this.file.appendFile(`${line}\n`);
  }

  /** All lines, in the order in which they were written. */
  async *lines(): AsyncGenerator<Line> {
    const lines = this.file.readLines({ start: 0, autoClose: false, encoding: 'utf8' });
    for await (const line of lines) yield line as Line;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
