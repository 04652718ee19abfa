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
  Res,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ExpensesApi } from '../api/expenses-api.js';
import { queryOf } from '../expenses/filters.js';
import { csvDownload } from '../expenses/csv-download.js';
import { addressOf, type ListView, listViewIn, queryOfAll } from '../expenses/list-view.js';
import { Overview } from '../expenses/overview.js';
import { PrintView } from '../expenses/print-view.js';
import type { Formats } from '../locale/formats.js';
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
    private readonly printView: PrintView,
  ) {}

  @Get('everyone')
  @Render('everyone')
  async show(
    @LoggedIn() session: CurrentSession,
    @Query() query: Record<string, unknown>,
    @Req() { format }: FastifyRequest,
  ) {
    const view = viewIn(query);
    const content = await this.overview.show(session.id, view, PATH, format);
    const isOne = view.owner !== EVERYBODY;
    const sums = isOne || 'filterErrors' in content ? undefined : await this.#sums(session, view, format);
    return { ...content, ...sums, owner: view.owner, isOne };
  }

  @Get('everyone.csv')
  csv(
    @LoggedIn() session: CurrentSession,
    @Query() query: Record<string, unknown>,
    @Req() { format }: FastifyRequest,
  ) {
    const asked = queryOfAll(viewIn(query), format);
    return csvDownload(this.api.csv(session.id, asked), 'everyone.csv');
  }

  @Get('everyone/print')
  async print(
    @LoggedIn() session: CurrentSession,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.printView.send(request, reply, session.id, { view: viewIn(query), path: PATH });
  }

  /** What each person spent. */
  @Get('everyone/totals.csv')
  totals(
    @LoggedIn() session: CurrentSession,
    @Query() query: Record<string, unknown>,
    @Req() { format }: FastifyRequest,
  ) {
    return csvDownload(
      this.api.csv(session.id, queryOf(viewIn(query).filters, format), 'reports/owners'),
      'totals.csv',
    );
  }

  async #sums(session: CurrentSession, view: ListView, format: Formats) {
    return {
      owners: await this.api.owners(session.id, queryOf(view.filters, format)),
      linkToOwner: (owner: string) => addressOf(PATH, { owner, filters: view.filters }),
      sumsCsv: addressOf(`${PATH}/totals.csv`, { filters: view.filters }),
    };
  }
}

/** The view that a page's query asks for, of one person or of everybody. */
function viewIn(query: Readonly<Record<string, unknown>>): ListView {
  const { owner } = query;
  return { ...listViewIn(query), owner: typeof owner === 'string' && owner !== '' ? owner : EVERYBODY };
}
