/** The session behind a lock: kept alive while the lock is wanted, destroyed after. */
import type { Pace } from './pace.ts';
import type { SessionApi } from './session.ts';
import type { SessionRequest } from './types.ts';

/** Lives this long without its holder. */
export const sessionTtlMs = 15_000;

export interface LockSession {
  readonly id: string;
  /** Stops renewing and destroys the session; what it held is released (or deleted, by its behaviour). */
  end(): Promise<void>;
}

export async function openLockSession(
  sessions: SessionApi,
  request: Pick<SessionRequest, 'Name' | 'Behavior' | 'Node'>,
  pace: Pace,
): Promise<LockSession> {
  const id = await sessions.create({ ...request, TTL: `${sessionTtlMs / 1000}s` });
  const over = new AbortController();
  void keepAlive(sessions, id, pace, over.signal);
  return {
    id,
    async end() {
      over.abort();
      await sessions.destroy(id);
    },
  };
}

/** A session that is gone needs no more renewing: whoever watches the lock sees it lost. Errors are tried again. */
async function keepAlive(sessions: SessionApi, id: string, pace: Pace, signal: AbortSignal): Promise<void> {
  let waitMs = sessionTtlMs / 2;
  while (true) {
    await pace.pause(waitMs, signal);
    if (signal.aborted) return;
    try {
      if ((await sessions.renew(id, { signal })) === null) return;
      waitMs = sessionTtlMs / 2;
    } catch {
      waitMs = 1_000;
    }
  }
}
