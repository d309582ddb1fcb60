/** Requests that wait for something to happen. It costs an entry each; who they are is only looked at when somebody asks. */
import type { ApiRequest } from './api-request.ts';

export interface WaitingRequest {
  readonly request: ApiRequest;
  readonly abort: AbortController;
  /** On the monotonic clock. */
  readonly sinceMs: number;
}

export class WaitingRequests {
  readonly #waiting = new Set<WaitingRequest>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @returns what aborts when the wait has to end; `delete` it when it has ended. */
  add(request: ApiRequest): WaitingRequest {
    const waiting = { request, abort: new AbortController(), sinceMs: this.#nowMs() };
    this.#waiting.add(waiting);
    return waiting;
  }

  delete(waiting: WaitingRequest): void {
    this.#waiting.delete(waiting);
  }

  /** Milliseconds since then. */
  age({ sinceMs }: WaitingRequest): number {
    return this.#nowMs() - sinceMs;
  }

  /** The longest waiting first. */
  [Symbol.iterator](): Iterator<WaitingRequest> {
    return this.#waiting.values();
  }

  abortAll(reason: unknown): void {
    for (const { abort } of [...this.#waiting]) abort.abort(reason);
  }
}
