import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceUnavailable } from '../../problems/problem.exception.js';

/** What the temporary files of all imports of this process may have together, in bytes. */
const ROOM_BYTES = 512 * 1024 * 1024;
/** When there may be room again, in seconds. */
const RETRY_AFTER_SECONDS = 30;

/** Keeps lines that are too many for memory in a temporary file, which nobody else can read and which no crash leaves. */
export class Spool<Line extends string> {
  private size = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly spools: Pick<Spools, 'reserve' | 'giveBack' | 'guard'>,
  ) {}

  /**
   * @param line without a line feed in it
   * @throws ServiceUnavailable `import_unavailable` when there is no room left
   */
  async write(line: Line): Promise<void> {
    const bytes = Buffer.from(`${line}\n`);
    this.spools.reserve(bytes.length);
    this.size += bytes.length;
    await this.spools.guard(() => this.file.appendFile(bytes));
  }

  /**
   * All lines, in the order in which they were written. Not by `readLines` of Node, to which U+2028 and U+2029 end a line,
   * too: text may hold them.
   */
  async *lines(): AsyncGenerator<Line> {
    const file = this.file.createReadStream({ start: 0, autoClose: false, encoding: 'utf8' });
    let rest = '';
    for await (const text of file as AsyncIterable<string>) {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop()!;
      yield* lines as Line[];
    }
  }

  /** Ends the file, and gives its room back. */
  close(): Promise<void> {
    this.spools.giveBack(this.size);
    this.size = 0;
    return this.file.close();
  }
}

/** The temporary files of this process, and how much room they have together. */
@Injectable()
export class Spools implements OnModuleInit {
  private readonly logger = new Logger('Imports');
  /** In the folder that TMPDIR names. */
  protected readonly folder: string = tmpdir();
  protected readonly roomBytes: number = ROOM_BYTES;
  private used = 0;

  /** Says at start what would keep every import from working. */
  async onModuleInit(): Promise<void> {
    try {
      const spool = await this.create();
      await spool.write('tried at start');
      await spool.close();
    } catch {
      this.logger.warn('Files cannot be imported until that is mended; everything else works');
    }
  }

  /**
   * A new, empty temporary file; `close` it when done.
   * @throws ServiceUnavailable `import_unavailable` when the folder takes no file
   */
  async create<Line extends string>(): Promise<Spool<Line>> {
    const path = join(this.folder, `expenses-${randomUUID()}`);
    const file = await this.guard(async () => {
      const opened = await open(path, 'wx+', 0o600);
      await unlink(path); // the file lives on until it is closed
      return opened;
    });
    return new Spool(file, this);
  }

  /**
   * Takes room for so many bytes more.
   * @throws ServiceUnavailable `import_unavailable` when all files together would have too many
   */
  reserve(bytes: number): void {
    if (this.used + bytes > this.roomBytes)
      throw new ServiceUnavailable('import_unavailable', RETRY_AFTER_SECONDS);
    this.used += bytes;
  }

  /** Gives room back that was reserved. */
  giveBack(bytes: number): void {
    this.used -= bytes;
  }

  /** Does something with a file; a folder that is full, gone or read-only is no fault of the program. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.logger.warn(`The folder for temporary files (TMPDIR) cannot be written: ${code}`);
      throw new ServiceUnavailable('import_unavailable', RETRY_AFTER_SECONDS, { cause: error });
    }
  }
}
