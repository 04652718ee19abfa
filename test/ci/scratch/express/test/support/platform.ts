import { randomUUID } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import request from 'supertest';

export interface Sent {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

interface Response {
  setHeader(name: string, value: string): void;
}

export function createAdapter(): ExpressAdapter {
  const adapter = new ExpressAdapter();
  adapter.use((incoming: { id?: string }, response: Response, next: () => void) => {
    incoming.id = randomUUID();
    response.setHeader('x-request-id', incoming.id);
    next();
  });
  return adapter;
}

/** Sends a request by supertest. */
export async function sendGet(
  app: INestApplication,
  url: string,
  headers: Record<string, string>,
): Promise<Sent> {
  const { status, headers: answered, text } = await request(app.getHttpServer()).get(url).set(headers);
  return { statusCode: status, headers: answered as Record<string, unknown>, body: text };
}
