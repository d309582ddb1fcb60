/**
 * Health of services on a client agent, kept up to date by subscriptions to a server: one for each service that somebody
 * waits on. Whoever asks waits here and not on a server; a change comes once, however many wait for it.
 */
import { codes, GrpcError } from '../../lib/grpc/status.ts';
import { messageOf } from '../../lib/message-of.ts';
import { pause } from '../../lib/pause.ts';
import type { MaybePromise, Runtime, Timer } from '../../lib/runtime.ts';
import { CheckServiceNode, type IndexedCheckServiceNodes } from '../../structs/catalog.ts';
import { make } from '../../structs/make.ts';
import { eventCodec, SubscribeRequest, subscribeRequestCodec, topics } from '../../structs/subscribe.ts';
import { filterBy } from '../filter.ts';
import type { Answer } from '../rpc/caller.ts';
import type { GrpcClient } from '../rpc/grpc-client.ts';
import type { Args } from '../rpc/signatures.ts';
import { type WaitLimits, waitMsOf } from '../rpc/waiting.ts';
import { noMeta } from '../server/context.ts';
import { instanceFilter, instanceKey } from '../server/methods/catalog.ts';
import { SharedReads } from '../server/reads/shared-reads.ts';
import { subscribePath } from '../server/subscribe.ts';
import { matchesInstance } from '../state/catalog.ts';
import { Store } from '../state/store.ts';
import type { Logger } from '../telemetry/api.ts';
import { Materialized } from './materialized.ts';

export type HealthQuery = Partial<Args<'Health.ServiceNodes'>>;
type HealthAnswer = Answer<IndexedCheckServiceNodes>;

export interface HealthViewsOptions {
  readonly grpc: Pick<GrpcClient, 'stream' | 'doubt' | 'close'>;
  readonly datacenter: string;
  readonly runtime: Runtime;
  readonly waitLimits: WaitLimits;
  readonly logger: Logger;
}

const maxViews = 8192;
/** A view that nobody asked so long goes. */
const idleMs = 20 * 60_000;
const sweepMs = 60_000;
/** How long a view may be without a subscription and still be believed. */
const graceMs = 2_000;
const minPauseMs = 250;
const maxPauseMs = 30_000;
/** Servers that do not offer subscriptions are asked again after so long. */
const offMs = 60_000;

interface View {
  readonly key: string;
  readonly data: Materialized;
  readonly abort: AbortController;
  /** What it shows can be believed. */
  isLive: boolean;
  /** Resolves when it is known whether there is a view at all. */
  readonly ready: Promise<void>;
  readonly settle: () => void;
  usedMs: number;
  lost: Timer | null;
}

/** There is no view (any more): the servers have to be asked. */
class ViewLost extends Error {
  override readonly name = 'ViewLost';
}

export class HealthViews {
  readonly #options: HealthViewsOptions;
  readonly #views = new Map<string, View>();
  /** Nothing is stored in it: its watches tell those who wait. */
  readonly #store: Store;
  readonly #reads: SharedReads;
  #sweep: Timer;
  #offUntilMs = 0;
  #stopped = false;

  constructor(options: HealthViewsOptions) {
    this.#options = options;
    const { clock, random } = options.runtime;
    this.#store = new Store(() => clock.nowMs());
    const meta = (Index: number) => ({ ...noMeta, Index, Backend: 1 });
    this.#reads = new SharedReads({ store: this.#store, clock, random, mayAnswer: () => true, meta });
    const sweep = (): void => {
      this.#forgetIdle();
      this.#sweep = clock.after(sweepMs, sweep);
    };
    this.#sweep = clock.after(sweepMs, sweep);
  }

  get size(): number {
    return this.#views.size;
  }

  /** Blocking queries that wait right now. */
  get waiting(): number {
    return this.#reads.waiting;
  }

  /** The answer, or null when the servers have to be asked. */
  async answer(query: HealthQuery, signal?: AbortSignal): Promise<HealthAnswer | null> {
    const view = this.#view(query);
    if (view === null) return null;
    if (!view.isLive) {
      await view.ready;
      signal?.throwIfAborted();
      if (!view.isLive) return null;
    }
    try {
      return await this.#ask(view, query, signal);
    } catch (error) {
      if (error instanceof ViewLost) return null;
      throw error;
    }
  }

  /** A server is said to be gone: maybe it is the one that is followed. */
  doubt(): void {
    this.#options.grpc.doubt();
  }

  stop(): void {
    this.#stopped = true;
    this.#sweep.cancel();
    this.#reads.stop();
    for (const view of [...this.#views.values()]) this.#forget(view);
    this.#options.grpc.close();
  }

  #ask(view: View, query: HealthQuery, signal: AbortSignal | undefined): MaybePromise<HealthAnswer> {
    const { clock } = this.#options.runtime;
    view.usedMs = clock.nowMs();
    const question = {
      key: `${view.key}\0${instanceKey(query)}`,
      read: (_state: unknown, watch: { topic(name: string): void }) => {
        if (!view.isLive) throw new ViewLost();
        watch.topic(view.key);
        const filter = instanceFilter(query);
        const fits = ({ Node, Service }: CheckServiceNode): boolean =>
          Node !== null && Service !== null && matchesInstance(filter, Service, Node);
        const Nodes = filterBy(CheckServiceNode, query)(view.data.instances.filter(fits));
        return { index: view.data.index, reply: { Nodes, ...noMeta } };
      },
      sizeBytes: ({ Nodes }: IndexedCheckServiceNodes) => (Nodes ?? []).length * 16,
    };
    const minIndex = query.MinQueryIndex ?? 0;
    if (minIndex === 0) return this.#reads.ask(question);
    const timeoutMs = waitMsOf(query, this.#options.waitLimits);
    return this.#reads.askBeyond(question, { minIndex, timeoutMs, signal }, () => this.#reads.ask(question));
  }

  /** The view for a query, begun if it is the first. Null when there cannot be one. */
  #view(query: HealthQuery): View | null {
    const { datacenter, runtime } = this.#options;
    const request = make(SubscribeRequest, {
      Topic: query.Connect === true ? topics.serviceHealthConnect : topics.serviceHealth,
      Key: query.ServiceName ?? '',
      Token: query.Token ?? '',
      Datacenter: query.Datacenter || datacenter,
    });
    if (this.#stopped || request.Key === '' || runtime.clock.nowMs() < this.#offUntilMs) return null;
    const key = JSON.stringify([request.Topic, request.Key, request.Token, request.Datacenter]);
    const known = this.#views.get(key);
    if (known !== undefined) return known;
    if (this.#views.size >= maxViews) return null;
    let settle: () => void = () => {};
    const ready = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const usedMs = runtime.clock.nowMs();
    const abort = new AbortController();
    const view: View = { key, data: new Materialized(), abort, isLive: false, ready, settle, usedMs, lost: null };
    this.#views.set(key, view);
    void this.#follow(view, request);
    return view;
  }

  async #follow(view: View, request: SubscribeRequest): Promise<void> {
    const { grpc, runtime, logger } = this.#options;
    const { clock, random } = runtime;
    let failures = 0;
    while (!view.abort.signal.aborted) {
      view.data.begin();
      const bytes = subscribeRequestCodec.encode({ ...request, Index: view.data.index });
      const take = (message: Uint8Array): void => {
        failures = 0;
        this.#receive(view, message);
      };
      try {
        await grpc.stream(subscribePath, bytes, take, view.abort.signal);
      } catch (error) {
        if (view.abort.signal.aborted) return;
        const { code } = error instanceof GrpcError ? error : { code: codes.internal };
        if (code === codes.aborted) view.data.startOver();
        else {
          logger.debug('subscription lost', { service: request.Key, error: messageOf(error) });
          if (isFinal(code)) {
            if (code === codes.unimplemented) this.#offUntilMs = clock.nowMs() + offMs;
            this.#forget(view);
            return;
          }
        }
      }
      this.#lose(view);
      failures++;
      const ceilingMs = Math.min(maxPauseMs, minPauseMs * 2 ** Math.min(failures - 1, 10));
      await pause(clock, ceilingMs * (0.5 + random.float() / 2), view.abort.signal);
    }
  }

  #receive(view: View, message: Uint8Array): void {
    if (!view.data.apply(eventCodec.decode(message))) return;
    view.lost?.cancel();
    view.lost = null;
    view.isLive = true;
    view.settle();
    this.#tell(view);
  }

  /** The subscription is gone: what is known is believed a little longer. */
  #lose(view: View): void {
    // Who waits for the first snapshot asks the servers.
    view.settle();
    if (!view.isLive || view.lost !== null) return;
    view.lost = this.#options.runtime.clock.after(graceMs, () => {
      view.isLive = false;
      this.#tell(view);
    });
  }

  #forget(view: View): void {
    this.#views.delete(view.key);
    view.isLive = false;
    view.lost?.cancel();
    view.abort.abort();
    view.settle();
    this.#tell(view);
  }

  #forgetIdle(): void {
    const nowMs = this.#options.runtime.clock.nowMs();
    for (const view of [...this.#views.values()]) if (nowMs - view.usedMs > idleMs) this.#forget(view);
  }

  #tell({ key }: View): void {
    this.#store.watches.touch(key);
    this.#store.watches.commit();
    this.#reads.wake();
  }
}

/** Trying again would end the same way: whoever asks gets to know from the servers why. */
const isFinal = (code: number): boolean =>
  code === codes.permissionDenied ||
  code === codes.unauthenticated ||
  code === codes.invalidArgument ||
  code === codes.unimplemented;
