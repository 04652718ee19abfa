import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Change } from '../api/api.schemas.js';
import { ExpensesApi, type Part, type TaggedExpense } from '../api/expenses-api.js';
import { Drafts } from '../drafts/drafts.js';
import type { Trouble } from '../pages/trouble.js';
import type { CurrentSession } from '../sessions/browser-session.js';
import { draftOf, type ExpenseForm, expenseOf, formOf, type Submitted } from './expense-form.js';
import { PATH } from './expenses.page.js';
import { type Difference, differencesOf, historyOf } from './history.js';
import { askToWrite } from './permissions.js';
import { isMissing } from './refusals.js';
import { SuggestedCurrency } from './suggested-currency.js';

const HISTORY_LIMIT = '20';

/** A form of an expense, and the version that it changes. */
interface EditForm {
  readonly form: ExpenseForm;
  readonly etag: string;
  /** What the form would change in a version that the person has not seen yet. */
  readonly conflict?: readonly Difference[];
}

/** Gathers what the page of one expense shows. */
@Injectable()
export class ExpensePage {
  constructor(
    private readonly api: ExpensesApi,
    private readonly currencies: SuggestedCurrency,
    private readonly drafts: Drafts,
  ) {}

  /**
   * The expense with its form and history; of a deleted one, the history.
   * @throws what ExpensesApi throws
   */
  async show(
    request: FastifyRequest,
    session: CurrentSession,
    id: string,
    query: Readonly<Record<string, unknown>>,
  ) {
    const [found, history, draft] = await Promise.all([
      this.#find(session, id),
      this.#history(session, id, query['history']),
      this.drafts.at(`${PATH}/${id}`, request, session),
    ]);
    const edited = found instanceof Error ? undefined : this.#edit(found, draft, request);
    if (found instanceof Error && history.items.length === 0) throw found;
    return {
      ...this.#frame(session, id),
      ...edited,
      expense: found instanceof Error ? undefined : found.expense,
      last: history.items.find(({ action }) => action === 'deleted')?.before ?? undefined,
      history: historyOf(history.items, session.claims.sub, request.format),
      olderHistory:
        history.next === undefined
          ? undefined
          : `${PATH}/${id}?history=${encodeURIComponent(history.next)}#history`,
      currencies: (await this.currencies.list(session))?.currencies,
      notice: noticeOf(query),
    };
  }

  /** The page around a form that was sent and not taken. */
  async showForm(request: FastifyRequest, session: CurrentSession, id: string, edited: EditForm) {
    return { ...(await this.show(request, session, id, {})), ...edited };
  }

  /** Both versions side by side: what was typed, and what somebody made of the expense meanwhile. */
  async showConflict(request: FastifyRequest, session: CurrentSession, id: string, submitted: Submitted) {
    const [page, { expense, etag }] = await Promise.all([
      this.show(request, session, id, {}),
      this.api.find(session.id, id),
    ]);
    const typed = { ...expense, category: null, ...expenseOf(submitted, request.format) } as typeof expense;
    const conflict = differencesOf(expense, typed, request.format);
    return { ...page, form: draftOf(submitted), etag, conflict };
  }

  /** The form alone, with what keeps it from being sent. */
  showTrouble(session: CurrentSession, id: string, { form, etag }: EditForm, trouble: Trouble) {
    return { ...this.#frame(session, id), form, etag, trouble };
  }

  #frame({ permissions }: CurrentSession, id: string) {
    return {
      id,
      path: `${PATH}/${id}`,
      canChange: permissions.includes('update:expenses'),
      canDelete: permissions.includes('delete:expenses'),
      canRestore: permissions.includes('create:expenses'),
      canSeeHistory: permissions.includes('read:history'),
      askToWrite: askToWrite(`${PATH}/${id}`),
    };
  }

  #edit(
    { expense, etag }: TaggedExpense,
    draft: Submitted | undefined,
    { format }: FastifyRequest,
  ): EditForm {
    return draft ? { form: draftOf(draft), etag: etagOf(draft) } : { form: formOf(expense, format), etag };
  }

  /** @returns the refusal when there is no such expense: it may have a history */
  async #find(session: CurrentSession, id: string): Promise<TaggedExpense | Error> {
    try {
      return await this.api.find(session.id, id);
    } catch (error) {
      if (isMissing(error)) return error as Error;
      throw error;
    }
  }

  async #history(session: CurrentSession, id: string, cursor: unknown): Promise<Part<Change>> {
    if (!session.permissions.includes('read:history')) return { items: [] };
    const query = { limit: HISTORY_LIMIT, ...(typeof cursor === 'string' && { cursor }) };
    try {
      return await this.api.history(session.id, id, query);
    } catch (error) {
      if (isMissing(error)) return { items: [] };
      throw error;
    }
  }
}

/** The version that a form was made for. One that is no entity tag matches none. */
export function etagOf({ etag }: Submitted): string {
  return typeof etag === 'string' && /^"[\x21\x23-\x7e]{1,64}"$/.test(etag) ? etag : '"none"';
}

function noticeOf({ saved, changed }: Readonly<Record<string, unknown>>): string | undefined {
  if (saved !== undefined) return 'The expense was saved.';
  return changed === undefined
    ? undefined
    : 'Somebody changed it meanwhile, and nothing was deleted. This is how it is now.';
}
