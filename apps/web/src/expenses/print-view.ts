import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Expense } from '../api/api.schemas.js';
import { ExpensesApi } from '../api/expenses-api.js';
import { allExpenses, begun } from './all-expenses.js';
import { addressOf, type ListView, queryOfAll } from './list-view.js';
import { Overview } from './overview.js';

/** Rows that are written at a time; in between, other requests have their turn. */
const CHUNK = 250;
/** Where the rows go in the page around them. Nothing that people type gets into a page with its brackets. */
const ROWS = '<!-- rows -->';

/** What is printed, and the page that it belongs to. */
interface Printed {
  readonly view: ListView;
  readonly path: string;
}

/** A list for paper: all rows that its filters let through, and nothing to press. Sent while the API gives the rows. */
@Injectable()
export class PrintView {
  constructor(
    private readonly api: ExpensesApi,
    private readonly overview: Overview,
  ) {}

  /** @throws what ExpensesApi throws, as long as nothing has been sent */
  async send(request: FastifyRequest, reply: FastifyReply, session: string, { view, path }: Printed) {
    const { format } = request;
    const summary = await this.overview.summary(session, view, format);
    const page = await reply.viewAsync('print', {
      ...summary,
      view,
      rows: ROWS,
      back: addressOf(path, view),
    });
    const [before = '', after = ''] = page.split(ROWS);
    const rows = allExpenses(this.api, session, queryOfAll(view, format));
    const written = async function* () {
      for await (const expenses of inChunks(rows)) {
        yield await reply.viewAsync('print-rows', { expenses, view, format });
      }
    };
    const stream = await begun(around(before, written(), after));
    await reply.type('text/html; charset=utf-8').send(stream);
  }
}

async function* around(before: string, parts: AsyncIterable<string>, after: string): AsyncGenerator<string> {
  let isBegun = false;
  for await (const part of parts) {
    yield isBegun ? part : before + part;
    isBegun = true;
  }
  yield isBegun ? after : before + after;
}

async function* inChunks(expenses: AsyncIterable<Expense>): AsyncGenerator<Expense[]> {
  let chunk: Expense[] = [];
  for await (const expense of expenses) {
    chunk.push(expense);
    if (chunk.length === CHUNK) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}
