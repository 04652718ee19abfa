import type { SQL } from '../../src/database/drizzle.js';
import { Database } from '../../src/database/database.js';
import { type InjectedResponse, type TestApp, TestIssuer } from '../../src/testing/index.js';
import type { Engine, TestDatabase } from './databases.js';
import { createTestApp } from './test-app.js';

const EVERYTHING = ['read:reports', 'create:expenses', 'update:expenses', 'delete:expenses'];

/** An expense in an answer. */
export interface ExpenseAnswer {
  readonly id: string;
  readonly date: string;
  readonly description: string;
  readonly value: number;
  readonly currency: string;
  readonly category: string | null;
  readonly owner?: string;
}

/** A request, without the token. */
type Request = Parameters<TestApp['inject']>[0];

/** Sends requests in someone's name. */
export type Caller = (
  method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  more?: Partial<Request>,
) => Promise<InjectedResponse>;

/** The application on a database of its own, and people who use it. */
export class Ledger {
  private constructor(
    readonly issuer: TestIssuer,
    readonly database: TestDatabase,
    readonly api: TestApp,
  ) {}

  static async start(engine: Engine, variables: Record<string, string> = {}): Promise<Ledger> {
    const issuer = await TestIssuer.start();
    const database = await engine.create();
    const api = await createTestApp({ issuer, variables: { DATABASE_URL: database.url, ...variables } });
    return new Ledger(issuer, database, api);
  }

  /** Someone with a token. */
  as(subject: string, scopes: readonly string[] = EVERYTHING): Caller {
    const token = this.issuer.tokenFor({ sub: subject, azp: 'a-client', scopes });
    return (method, url, more = {}) => this.api.inject({ method, url, ...more }, token);
  }

  /** Asks the database, for what no answer shows. */
  async select(query: SQL): Promise<Record<string, unknown>[]> {
    const database = this.api.app.get(Database);
    const result: unknown = await database.query((queries) => queries.execute(query));
    return (result as { rows: Record<string, unknown>[] }).rows;
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.issuer.close();
    await this.database.drop();
  }
}

/** The address of the next page, if there is one. */
export function nextPage({ headers }: InjectedResponse): string | undefined {
  const query = /<(\?[^>]+)>; rel="next"/.exec(String(headers.link))?.[1];
  return query && `/${query}`;
}

/** Where an answer says that the faults are. */
export function pointers(answer: InjectedResponse): string[] {
  const { errors } = answer.json<{ errors: { pointer: string }[] }>();
  return errors.map(({ pointer }) => pointer).toSorted();
}
