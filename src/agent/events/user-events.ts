/** The user events of this agent: what was heard of late, who waits for more, and the way to fire one. */
import type { Random } from '../../lib/runtime.ts';
import { remoteExecEvent } from '../../structs/remote-exec.ts';
import type { UserEvent as GossipedEvent } from '../gossip/serf/messages.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import type { Logger } from '../telemetry/api.ts';
import { type FilteredService, isForUs, validateFilters } from './event-filter.ts';
import {
  decodeUserEvent,
  encodeUserEvent,
  eventPrefix,
  eventVersion,
  newLeaderEvent,
  type UserEvent,
} from './user-event.ts';

/** Events kept for those who ask. */
const keptEvents = 256;

export interface UserEventsOptions {
  readonly nodeName: string;
  /** Services registered with this agent. */
  readonly services: () => Iterable<FilteredService>;
  readonly rpc: RpcCaller;
  readonly random: Random;
  readonly logger: Logger;
  /** Runs the job that an event tells of; null where that is off. */
  readonly remoteExec: ((event: UserEvent) => void) | null;
}

export type NewEvent = Pick<UserEvent, 'Name' | 'Payload' | 'NodeFilter' | 'ServiceFilter' | 'TagFilter'>;

export class UserEvents {
  readonly #options: UserEventsOptions;
  #events: readonly UserEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(options: UserEventsOptions) {
    this.#options = options;
  }

  /** Oldest first. Never modified: a new event makes a new list. */
  get recent(): readonly UserEvent[] {
    return this.#events;
  }

  /** Calls `run` once, with the next event. The result cancels that. */
  onNext(run: () => void): () => void {
    this.#waiting.add(run);
    return () => this.#waiting.delete(run);
  }

  /** Off the network, this agent's own included. */
  receive(gossiped: GossipedEvent): void {
    const { logger, nodeName, services } = this.#options;
    if (gossiped.Name === newLeaderEvent) {
      logger.debug('new leader announced', { node: Buffer.from(gossiped.Payload ?? []).toString() });
      return;
    }
    if (!gossiped.Name.startsWith(eventPrefix)) return;
    const event = decodeUserEvent(gossiped.Payload ?? new Uint8Array(0), gossiped.LTime);
    if (event === null) {
      logger.error('Failed to decode event', { event: gossiped.Name });
      return;
    }
    if (event.Version > eventVersion) {
      logger.warn('event version may have unsupported features', { version: event.Version, event: event.Name });
    }
    if (!isForUs(event, nodeName, services)) return;
    logger.debug('new event', { event_name: event.Name, event_id: event.ID });
    if (event.Name === remoteExecEvent) this.#remoteExec(event);
    this.#events = [...this.#events.slice(1 - keptEvents), event];
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  #remoteExec(event: UserEvent): void {
    const { remoteExec, logger } = this.#options;
    if (remoteExec === null) logger.debug('ignoring remote exec event, disabled.', { event_id: event.ID });
    else remoteExec(event);
  }

  /** @throws RpcError for filters that cannot be used, and what the server says */
  async fire(event: NewEvent, options: { readonly Datacenter: string; readonly Token: string }): Promise<UserEvent> {
    validateFilters(event);
    const full: UserEvent = { ID: this.#options.random.uuid(), Version: eventVersion, LTime: 0, ...event };
    const Payload = encodeUserEvent(full);
    // Any server may do it: gossip carries it on.
    await this.#options.rpc.call('Internal.EventFire', { ...options, Name: event.Name, Payload, AllowStale: true });
    return full;
  }
}
