import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  NotFoundException,
  Query,
  Render,
  Req,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { ExpensesApi } from '../api/expenses-api.js';
import { queryOf } from '../expenses/filters.js';
import { addressOf, listViewIn } from '../expenses/list-view.js';
import { Overview } from '../expenses/overview.js';
import { READ_ALL } from '../login/scopes.js';
import type { CurrentSession } from '../sessions/browser-session.js';
import { LoggedIn } from '../sessions/session.guard.js';

const PATH = '/everyone';
const EVERYBODY = '*';

/** Whoever may not read everybody's expenses is not told that there is such a page. */
@Injectable()
export class ManagersOnly implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { session } = context.switchToHttp().getRequest<FastifyRequest>();
    if (!session?.permissions.includes(READ_ALL)) throw new NotFoundException();
    return true;
  }
}

/** Everybody's expenses, for those who may read them: by person and all together. */
@UseGuards(ManagersOnly)
@Controller()
export class EveryoneController {
  constructor(
    private readonly api: ExpensesApi,
    private readonly overview: Overview,
  ) {}

  @Get('everyone')
  @Render('everyone')
  async show(
    @LoggedIn() session: CurrentSession,
    @Query() query: Record<string, unknown>,
    @Req() { format }: FastifyRequest,
  ) {
    const view = { ...listViewIn(query), owner: ownerIn(query) };
    const [content, owners] = await Promise.all([
      this.overview.show(session.id, view, PATH, format),
      view.owner === EVERYBODY ? this.api.owners(session.id, {}) : undefined,
    ]);
    const linkToOwner = (owner: string) => addressOf(PATH, { owner });
    return { ...content, owners, owner: view.owner, isOne: view.owner !== EVERYBODY, linkToOwner };
  }

  @Get('everyone.csv')
  csv(
    @LoggedIn() session: CurrentSession,
    @Query() query: Record<string, unknown>,
    @Req() { format }: FastifyRequest,
  ) {
    const { filters } = listViewIn(query);
    const asked = { ...queryOf(filters, (text) => format.readAmount(text)), owner: ownerIn(query) };
    return download(this.api.csv(session.id, asked), 'everyone.csv');
  }

  /** What each person spent. */
  @Get('everyone/totals.csv')
  totals(@LoggedIn() session: CurrentSession) {
    return download(this.api.csv(session.id, {}, 'reports/owners'), 'totals.csv');
  }
}

function ownerIn({ owner }: Readonly<Record<string, unknown>>): string {
  return typeof owner === 'string' && owner !== '' ? owner : EVERYBODY;
}

async function download(
  csv: Promise<ReadableStream<Uint8Array> | globalThis.ReadableStream<Uint8Array>>,
  name: string,
) {
  return new StreamableFile(Readable.fromWeb((await csv) as ReadableStream), {
    type: 'text/csv; charset=utf-8',
    disposition: `attachment; filename="${name}"`,
  });
}
