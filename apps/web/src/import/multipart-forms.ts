import type { Multipart, MultipartFile } from '@fastify/multipart';
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
      const parts = request.parts()[Symbol.asyncIterator]();
      const first = await parts.next();
      const isField = !first.done && first.value.type === 'field';
      request.body = isField ? { [first.value.fieldname]: first.value.value } : {};
      request.remainingParts = parts;
    });
}

/**
 * The file of a form.
 * @throws BadRequestException when there is none
 */
export async function fileOf({ remainingParts }: FastifyRequest): Promise<MultipartFile> {
  for (;;) {
    const part = await remainingParts?.next();
    if (!part || part.done) throw new BadRequestException();
    if (part.value.type === 'file') return part.value;
  }
}
