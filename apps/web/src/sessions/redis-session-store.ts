import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { SessionsUnavailable } from './session.errors.js';
import { IDLE_MS, MAX_SESSIONS_PER_PERSON, type SessionStore } from './session-store.js';

/** A person's list of sessions is kept as long as the longest session may live, in milliseconds. */
const PERSON_MS = 24 * 60 * 60 * 1000;
/** Longest time that a process may be alone with a session, in milliseconds; then another takes over. */
const LOCK_MS = 15_000;
const LOCK_POLL_MS = 50;

/** Files a session and drops the person's oldest: one step, whatever other processes do. */
const ADD = `
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
for _, name in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  if redis.call('EXISTS', name) == 0 then redis.call('ZREM', KEYS[2], name) end
end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[2], time[1] * 1000000 + time[2], KEYS[1])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local surplus = redis.call('ZCARD', KEYS[2]) - ARGV[4]
if surplus > 0 then
  for _, name in ipairs(redis.call('ZRANGE', KEYS[2], 0, surplus - 1)) do redis.call('DEL', name) end
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, surplus - 1)
end`;

const UNLOCK = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

/** Sessions in Redis (6.2 or later): they survive restarts, and any number of processes share them. */
export class RedisSessionStore implements SessionStore {
  constructor(private readonly redis: Redis) {}

  async add(name: string, sealed: string, person: string): Promise<void> {
    const keys = [sessionKey(name), `web:person:${person}`];
    await this.#ask(() =>
      this.redis.eval(ADD, 2, ...keys, sealed, IDLE_MS, PERSON_MS, MAX_SESSIONS_PER_PERSON),
    );
  }

  async get(name: string): Promise<string | undefined> {
    return (await this.#ask(() => this.redis.getex(sessionKey(name), 'PX', IDLE_MS))) ?? undefined;
  }

  async replace(name: string, sealed: string): Promise<void> {
    await this.#ask(() => this.redis.set(sessionKey(name), sealed, 'PX', IDLE_MS, 'XX'));
  }

  async delete(name: string): Promise<void> {
    await this.#ask(() => this.redis.del(sessionKey(name)));
  }

  async exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
    const key = `web:lock:${name}`;
    const owner = randomUUID();
    while ((await this.#ask(() => this.redis.set(key, owner, 'PX', LOCK_MS, 'NX'))) !== 'OK') {
      await wait(LOCK_POLL_MS);
    }
    try {
      return await work();
    } finally {
      // A lock that cannot be taken off ends by itself.
      await this.redis.eval(UNLOCK, 1, key, owner).catch(() => undefined);
    }
  }

  async #ask<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command();
    } catch (cause) {
      throw new SessionsUnavailable('The session store cannot be reached', { cause });
    }
  }
}

function sessionKey(name: string): string {
  return `web:session:${name}`;
}
