/** `CSRMaxPerSecond`: so many certificates a second. Who comes too early waits a moment, and is refused when it would be long. */
import type { Clock } from '../../../lib/runtime.ts';
import { RpcError } from '../../errors.ts';

const maxWaitMs = 500;

export class SigningPace {
  readonly #clock: Clock;
  /** When the next one may be signed. */
  #nextMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param perSecond 0 or less: no limit. @throws RpcError when it would take too long */
  async take(perSecond: number): Promise<void> {
    if (perSecond <= 0) return;
    const nowMs = this.#clock.nowMs();
    const waitMs = Math.max(0, this.#nextMs - nowMs);
    if (waitMs > maxWaitMs) throw new RpcError('Rate limit reached, try again later', 429);
    this.#nextMs = nowMs + waitMs + 1000 / perSecond;
    if (waitMs > 0) await new Promise<void>((go) => this.#clock.after(waitMs, go));
  }
}
