import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Drafts } from '../drafts/drafts.js';
import { Undo } from '../drafts/undo.js';
import type { Trouble } from '../pages/trouble.js';
import type { CurrentSession } from '../sessions/browser-session.js';
import { draftOf, emptyForm, type ExpenseForm } from './expense-form.js';
import { type ListView, listViewIn } from './list-view.js';
import { Overview } from './overview.js';
import { askToWrite } from './permissions.js';
import { SuggestedCurrency } from './suggested-currency.js';
import { today } from './unusual-date.js';

/** The path of the expenses page; those of single expenses are below it. */
export const PATH = '/expenses';

/** Gathers what the expenses page shows. */
@Injectable()
export class ExpensesPage {
  constructor(
    private readonly overview: Overview,
    private readonly currencies: SuggestedCurrency,
    private readonly drafts: Drafts,
    private readonly undo: Undo,
  ) {}

  /** @throws what ExpensesApi throws */
  async show(
    request: FastifyRequest,
    session: CurrentSession,
    query: Readonly<Record<string, unknown>> = {},
  ) {
    const view = listViewIn(query);
    const draft = await this.drafts.at(PATH, request, session);
    const [content, list] = await Promise.all([
      this.overview.show(session.id, view, PATH, request.format),
      this.currencies.list(session),
    ]);
    const newest = 'expenses' in content && isNewestFirst(view) ? content.expenses[0]?.currency : undefined;
    const currency = this.currencies.of(session, request, newest, list);
    return {
      ...this.#frame(session, draft ? draftOf(draft) : emptyForm(today(), currency)),
      ...content,
      currencies: list?.currencies,
      opened: query['add'] !== undefined,
      notice: noticeOf(query),
      ...(query['deleted'] !== undefined && { deleted: await this.undo.read(request, session) }),
    };
  }

  /** The page around a form that was sent and not taken. */
  async showForm(request: FastifyRequest, session: CurrentSession, form: ExpenseForm) {
    const [content, list] = await Promise.all([
      this.overview.show(session.id, listViewIn({}), PATH, request.format),
      this.currencies.list(session),
    ]);
    return { ...this.#frame(session, form), ...content, currencies: list?.currencies };
  }

  /** The form alone, with what keeps it from being sent: there is nothing else to show. */
  showTrouble(session: CurrentSession, form: ExpenseForm, trouble: Trouble) {
    return { ...this.#frame(session, form), filters: {}, path: PATH, trouble };
  }

  #frame({ permissions }: CurrentSession, form: ExpenseForm) {
    return { form, canAdd: permissions.includes('create:expenses'), askToAdd: askToWrite(`${PATH}?add=1`) };
  }
}

/** Whether the first row is the person's newest expense. */
function isNewestFirst({ filters, sort, page }: ListView): boolean {
  return Object.keys(filters).length === 0 && sort === '-date' && page === 1;
}

function noticeOf(query: Readonly<Record<string, unknown>>): string | undefined {
  const { added, restored, erased, imported, skipped } = query;
  if (added !== undefined) return 'The expense was added.';
  if (restored !== undefined) return 'The expense is back.';
  if (erased !== undefined) return 'All your expenses were erased.';
  if (imported === undefined) return undefined;
  const rows = `${counted(imported)} imported.`;
  return counted(skipped).startsWith('0 ') ? rows : `${rows} ${counted(skipped)} had been there already.`;
}

function counted(number: unknown): string {
  const count = typeof number === 'string' && /^\d{1,9}$/.test(number) ? Number(number) : 0;
  return `${count} ${count === 1 ? 'expense' : 'expenses'}`;
}
