/**
 * User events under faults. An agent hears of an event once in its life at most, and only in the datacenter that it was fired for; what one
 * agent has heard of reaches all others that were there from the beginning.
 */
import { decodeUserEvent, encodeUserEvent, eventPrefix, eventVersion } from '../../../src/agent/events/user-event.ts';
import type { UserEvent as Gossiped } from '../../../src/agent/gossip/serf/messages.ts';
import type { SimAgent } from '../agents/agent.ts';
import type { Stream } from '../prng.ts';
import { ask } from '../servers/ask.ts';
import { SafetyBroken } from '../single-checker.ts';
import type { Process, World } from '../world.ts';

const name = 'deploy';

export interface EventWatchOptions {
  readonly world: World;
  readonly agents: readonly SimAgent[];
  readonly datacenterOf: (agent: SimAgent) => string;
  readonly datacenters: readonly string[];
}

export class EventWatch {
  readonly #options: EventWatchOptions;
  readonly #random: Stream;
  /** Event -> datacenter. */
  readonly #fired = new Map<string, string>();
  readonly #heard = new Map<Process, Set<string>>();

  constructor(options: EventWatchOptions) {
    this.#options = options;
    this.#random = options.world.stream('events');
  }

  /** Some agent fires an event for some datacenter. @returns its id, null when that is not known to have been done */
  async fire(): Promise<string | null> {
    const { world, agents, datacenters } = this.#options;
    const agent = this.#random.pick(agents);
    const Datacenter = this.#random.pick(datacenters);
    const ID = this.#random.uuid();
    this.#fired.set(ID, Datacenter);
    const none = { NodeFilter: '', ServiceFilter: '', TagFilter: '' };
    const Payload = encodeUserEvent({ ID, Name: name, Payload: null, ...none, Version: eventVersion, LTime: 0 });
    const outcome = await ask(world, agent, 'Internal.EventFire', { Datacenter, Name: name, Payload });
    world.trace(`event ${ID} for ${Datacenter} on ${agent.id}: ${outcome.kind}`);
    if (outcome.kind !== 'answer') return null;
    world.sometime('event fired');
    return ID;
  }

  heard(agent: SimAgent, event: Gossiped): void {
    if (!event.Name.startsWith(eventPrefix)) return;
    const id = decodeUserEvent(event.Payload ?? new Uint8Array(0), event.LTime)?.ID ?? '';
    const heard = this.#heardBy(agent.process!);
    if (heard.has(id)) throw new SafetyBroken(`${agent.id} heard twice of event ${id}`);
    heard.add(id);
    this.#options.world.sometime('event heard of');
    const meant = this.#fired.get(id);
    if (meant !== this.#options.datacenterOf(agent)) {
      throw new SafetyBroken(`${agent.id} heard of event ${id}, which was for ${meant ?? 'nobody'}`);
    }
  }

  #heardBy(process: Process): Set<string> {
    let heard = this.#heard.get(process);
    if (heard === undefined) {
      heard = new Set();
      this.#heard.set(process, heard);
    }
    return heard;
  }

  /** Who of `agents` still has to hear of something that another of them has heard of; null = nobody. */
  missing(agents: readonly SimAgent[]): string | null {
    const { datacenters, datacenterOf } = this.#options;
    for (const datacenter of datacenters) {
      const those = agents.filter((agent) => datacenterOf(agent) === datacenter && agent.process !== null);
      const known = new Set(those.flatMap(({ process }) => [...this.#heardBy(process!)]));
      for (const { id, process } of those) {
        const unheard = [...known].find((event) => !this.#heardBy(process!).has(event));
        if (unheard !== undefined) return `${id} has not heard of event ${unheard}`;
      }
    }
    return null;
  }

  /** The same for one event and everybody of the datacenter that it is for. */
  missingOf(event: string): string | null {
    const { agents, datacenterOf } = this.#options;
    const meant = agents.filter((agent) => datacenterOf(agent) === this.#fired.get(event));
    const deaf = meant.find(({ process }) => process === null || !this.#heardBy(process).has(event));
    return deaf === undefined ? null : `${deaf.id} has not heard of event ${event}`;
  }
}
