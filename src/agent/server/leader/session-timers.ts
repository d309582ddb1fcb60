/**
 * Sessions with a TTL end when nobody renews them. Only the leader counts, and it gives twice the TTL: clients renew at
 * the TTL, and a new leader starts all counts afresh.
 */

import { DurationError, nsPerMs, parseDuration } from '../../../lib/duration.ts';
import { messageOf } from '../../../lib/message-of.ts';
import type { Clock } from '../../../lib/runtime.ts';
import type { Session } from '../../../structs/session.ts';
import type { State } from '../../state/store.ts';
import type { Logger, Metrics } from '../../telemetry/api.ts';
import { Deadlines, type Expiring } from '../reads/deadlines.ts';

const graceFactor = 2;
const maxAttempts = 6;
const retryBaseMs = 10_000;

class Countdown implements Expiring {
  slotMs = 0;
  readonly id: string;
  readonly #onExpire: (countdown: Countdown) => void;
  constructor(id: string, onExpire: (countdown: Countdown) => void) {
    this.id = id;
    this.#onExpire = onExpire;
  }
  expire(): void {
    this.#onExpire(this);
  }
}

export interface SessionTimersOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Replicates the end of a session. */
  readonly destroy: (id: string) => Promise<unknown>;
}

export class SessionTimers {
  readonly #options: SessionTimersOptions;
  readonly #countdowns = new Map<string, Countdown>();
  readonly #deadlines: Deadlines<Countdown>;
  readonly #active: (value: number) => void;
  readonly #invalidate: (value: number) => void;
  #running = false;

  constructor(options: SessionTimersOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.clock);
    this.#active = options.metrics.gauge('session_ttl.active');
    this.#invalidate = options.metrics.sample('session_ttl.invalidate');
  }

  /** Leadership begins: every session with a TTL has all of it again. */
  start(state: State): void {
    this.stop();
    this.#running = true;
    state.tables.sessions.rows.scan('', (session) => this.reset(session));
    this.#active(this.#countdowns.size);
  }

  stop(): void {
    this.#running = false;
    this.#deadlines.clear();
    this.#countdowns.clear();
    this.#active(0);
  }

  /** A session was created or renewed. */
  reset(session: Session): void {
    const ttlMs = ttlMsOf(session);
    if (!this.#running || ttlMs === 0) return;
    let countdown = this.#countdowns.get(session.ID);
    if (countdown === undefined) {
      countdown = new Countdown(session.ID, this.#expire);
      this.#countdowns.set(session.ID, countdown);
      this.#active(this.#countdowns.size);
    } else this.#deadlines.remove(countdown);
    this.#deadlines.add(countdown, ttlMs * graceFactor);
  }

  clear(id: string): void {
    const countdown = this.#countdowns.get(id);
    if (countdown === undefined) return;
    this.#deadlines.remove(countdown);
    this.#countdowns.delete(id);
    this.#active(this.#countdowns.size);
  }

  readonly #expire = (countdown: Countdown): void => {
    this.clear(countdown.id);
    void this.#end(countdown.id, 0);
  };

  async #end(id: string, attempt: number): Promise<void> {
    const { clock, logger, destroy } = this.#options;
    const startMs = clock.nowMs();
    try {
      await destroy(id);
      logger.debug('Session TTL expired', { session: id });
    } catch (error) {
      logger.error('Invalidation failed', { error: messageOf(error) });
      if (attempt + 1 < maxAttempts) this.#retry(id, attempt + 1);
      else logger.error('maximum revoke attempts reached for session', { session: id });
    } finally {
      this.#invalidate(clock.nowMs() - startMs);
    }
  }

  #retry(id: string, attempt: number): void {
    if (!this.#running) return;
    const countdown = new Countdown(id, (expired) => {
      this.clear(expired.id);
      void this.#end(id, attempt);
    });
    this.#countdowns.set(id, countdown);
    this.#deadlines.add(countdown, 2 ** attempt * retryBaseMs);
  }
}

/** 0 for a session that lives until it is destroyed. */
export function ttlMsOf(session: Session): number {
  if (session.TTL === '') return 0;
  try {
    return parseDuration(session.TTL) / nsPerMs;
  } catch (error) {
    // From a foreign snapshot: nobody here would have accepted it.
    if (error instanceof DurationError) return 0;
    throw error;
  }
}
