import { Controller, Get, Param, Post, Query, Render, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { ApiRefusal } from '../api/api.errors.js';
import { ExpensesApi } from '../api/expenses-api.js';
import { askToWrite } from '../expenses/permissions.js';
import type { CurrentSession } from '../sessions/browser-session.js';
import { LoggedIn } from '../sessions/session.guard.js';
import { importFaults } from './import-faults.js';
import { fileOf, MAX_FILE_BYTES } from './multipart-forms.js';
import { previewOf } from './preview.js';
import { type Upload, Uploads } from './uploads.js';

const PATH = '/expenses/import';
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

/** Imports a file in three steps: choose it, look at what would happen, and do it. */
@Controller('expenses/import')
export class ImportController {
  constructor(
    private readonly api: ExpensesApi,
    private readonly uploads: Uploads,
  ) {}

  @Get()
  @Render('import')
  choose(
    @LoggedIn() { permissions }: CurrentSession,
    @Query('problem') problem: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    allowScript(reply);
    return {
      canAdd: permissions.includes('create:expenses'),
      askToAdd: askToWrite(PATH),
      problem: problemOf(problem),
    };
  }

  /** Takes the file. A script wants the address of the next page; without one the browser is sent there. */
  @Post()
  async upload(
    @LoggedIn() session: CurrentSession,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const file = await fileOf(request);
    const id = await this.uploads.keep(session, file.content);
    const isWhole = !file.isTruncated() && file.name !== '';
    if (!isWhole) await this.uploads.drop(session, id);
    const next = isWhole ? `${PATH}/${id}` : `${PATH}?problem=${file.isTruncated() ? 'large' : 'none'}`;
    if (request.headers.accept === 'application/json') return reply.code(201).send({ location: next });
    return reply.redirect(next, 303);
  }

  /** The first rows, and what the API says to the whole. */
  @Get(`:id(${UUID})`)
  @Render('import-preview')
  async preview(@LoggedIn() session: CurrentSession, @Param('id') id: string) {
    const upload = await this.uploads.find(session, id);
    if (!upload) return { isGone: true };
    const [preview, outcome] = await Promise.all([
      previewOf(upload.content()),
      this.#tryOut(session, upload),
    ]);
    return { path: `${PATH}/${id}`, ...preview, ...outcome };
  }

  @Post(`:id(${UUID})`)
  async import(
    @LoggedIn() session: CurrentSession,
    @Param('id') id: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const upload = await this.uploads.find(session, id);
    if (!upload) return reply.redirect(`${PATH}/${id}`, 303);
    // The file's id is the key: pressing the button twice imports the file once.
    const { imported, skipped } = await this.api.import(session.id, streamOf(upload), { idempotencyKey: id });
    await this.uploads.drop(session, id);
    return reply.redirect(`/expenses?imported=${imported}&skipped=${skipped}`, 303);
  }

  /** What an import would do, or the faults that keep it from being done. @throws what ExpensesApi throws for other reasons */
  async #tryOut(session: CurrentSession, upload: Upload): Promise<object> {
    try {
      return { result: await this.api.import(session.id, streamOf(upload), { dryRun: true }) };
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      const faults = importFaults(error);
      if (!faults) throw error;
      return { faults, reason: error.problem.detail };
    }
  }
}

function streamOf({ content }: Upload): () => ReadableStream<Uint8Array> {
  return () => Readable.toWeb(content()) as unknown as ReadableStream<Uint8Array>;
}

function problemOf(problem: unknown): string | undefined {
  if (problem === 'none') return 'Choose a file first.';
  if (problem === 'login') return 'You had to log in first, and nothing was sent. Choose the file again.';
  return problem === 'large'
    ? `A file can have ${MAX_FILE_BYTES / 1024 / 1024} MB at most. Import it in parts.`
    : undefined;
}

/** This page alone has a script, for the progress of a large file; it works without. */
function allowScript(reply: FastifyReply): void {
  const policy = String(reply.getHeader('content-security-policy'));
  reply.header('content-security-policy', `${policy};script-src 'self';connect-src 'self'`);
}
