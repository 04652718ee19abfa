import { LRUCache } from 'lru-cache';

/** A session that nobody used for so long has ended, in milliseconds. */
export const IDLE_MS = 2 * 60 * 60 * 1000;

/** Sessions of one person at most; one more ends the oldest. */
export const MAX_SESSIONS_PER_PERSON = 10;

/**
 * Where sealed sessions are kept, by name. It sees no id and no key: what it holds opens nothing.
 *
 * Every method throws SessionsUnavailable when the store cannot be reached.
 */
export interface SessionStore {
  /** Files a session, and ends the person's oldest beyond MAX_SESSIONS_PER_PERSON. */
  add(name: string, sealed: string, person: string): Promise<void>;
  /** The session with this name, which counts as used now. */
  get(name: string): Promise<string | undefined>;
  /** Replaces a session; does nothing when it has ended. */
  replace(name: string, sealed: string): Promise<void>;
  delete(name: string): Promise<void>;
  /** Does work that no other process may do for the same session at the same time. */
  exclusively<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Injection token of the SessionStore. */
export const SESSION_STORE = Symbol('SESSION_STORE');

/** Sessions kept at most; the least recently used one makes room, and its owner logs in again. */
const MAX_SESSIONS = 10_000;

interface Kept {
  readonly sealed: string;
  readonly person: string;
}

/** Sessions in this process's memory: a restart ends all of them, and other processes know none. */
export class MemorySessionStore implements SessionStore {
  /** Names by person, oldest first. */
  readonly #names = new Map<string, Set<string>>();
  readonly #sessions = new LRUCache<string, Kept>({
    max: MAX_SESSIONS,
    ttl: IDLE_MS,
    updateAgeOnGet: true,
    perf: Date,
    dispose: ({ person }, name, reason) => {
      if (reason !== 'set') this.#forget(person, name);
    },
  });

  async add(name: string, sealed: string, person: string): Promise<void> {
    const earlier = [...(this.#names.get(person) ?? [])].filter((old) => this.#sessions.has(old));
    const names = new Set([...earlier, name]);
    this.#names.set(person, names);
    this.#sessions.set(name, { sealed, person });
    for (const old of [...names].slice(0, -MAX_SESSIONS_PER_PERSON)) this.#sessions.delete(old);
  }

  async get(name: string): Promise<string | undefined> {
    return this.#sessions.get(name)?.sealed;
  }

  async replace(name: string, sealed: string): Promise<void> {
    const kept = this.#sessions.peek(name);
    if (kept) this.#sessions.set(name, { ...kept, sealed });
  }

  async delete(name: string): Promise<void> {
    this.#sessions.delete(name);
  }

  /** There is no other process. */
  exclusively<T>(_name: string, work: () => Promise<T>): Promise<T> {
    return work();
  }

  #forget(person: string, name: string): void {
    const names = this.#names.get(person);
    names?.delete(name);
    if (names?.size === 0) this.#names.delete(person);
  }
}
