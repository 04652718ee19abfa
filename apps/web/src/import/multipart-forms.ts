import type { Multipart } from '@fastify/multipart';
import multipart from '@fastify/multipart';
import { BadRequestException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

/** The largest file that the API imports, in bytes. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

declare module 'fastify' {
  interface FastifyRequest {
    /** The parts of a multipart form that have not been read yet. */
    remainingParts?: AsyncIterator<Multipart>;
  }
}

/**
 * Takes forms with a file. Such a form begins with its token, which is read before anything else: so it is checked where
 * every form's token is, and nobody can upload a file who may not. The file is left for the page to read.
 */
export async function takeMultipartForms(app: NestFastifyApplication): Promise<void> {
  await app.register(multipart, { limits: { fileSize: MAX_FILE_BYTES, files: 1, fields: 5, parts: 6 } });
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('preHandler', async (request) => {
      if (!request.isMultipart()) return;
      const parts = withFormFaults(request.parts());
      const first = await parts.next();
      const isField = !first.done && first.value.type === 'field';
      request.body = isField ? { [first.value.fieldname]: first.value.value } : {};
      request.remainingParts = parts;
    });
}

/** The file of a form. */
export interface FormFile {
  /** Ends early where the file is longer than MAX_FILE_BYTES, which is known by `isTruncated` afterwards. */
  readonly content: AsyncIterable<Buffer>;
  /** Empty when a browser sent the form without a file. */
  readonly name: string;
  isTruncated(): boolean;
}

/**
 * The file of a form.
 * @throws BadRequestException when there is none, or the form is broken; while the content is read as well
 */
export async function fileOf({ remainingParts }: FastifyRequest): Promise<FormFile> {
  for (;;) {
    const part = await remainingParts?.next();
    if (!part || part.done) throw new BadRequestException();
    if (part.value.type !== 'file') continue;
    const { file, filename } = part.value;
    return { content: withFormFaults<Buffer>(file), name: filename, isTruncated: () => file.truncated };
  }
}

/** What is wrong with a form is its sender's fault, where the parser throws it: at a part as well as within a file. */
async function* withFormFaults<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    throw formFault(error);
  }
}

/** The parser has a status for a limit that is reached, and none for a form that is broken or only half there. */
function formFault(error: unknown): unknown {
  const { statusCode } = error as { statusCode?: number };
  return statusCode === undefined ? new BadRequestException(undefined, { cause: error }) : error;
}
