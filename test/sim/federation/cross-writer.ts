/** Writes keys from anywhere into either datacenter; what was acknowledged is there in the end, for whoever asks. */
import { DirEntry } from '../../../src/structs/kv.ts';
import { make } from '../../../src/structs/make.ts';
import type { SimAgent } from '../agents/agent.ts';
import type { Stream } from '../prng.ts';
import { ask } from '../servers/ask.ts';
import type { World } from '../world.ts';

export class CrossWriter {
  readonly #world: World;
  readonly #agents: readonly SimAgent[];
  readonly #datacenters: readonly string[];
  readonly #random: Stream;
  /** Key -> its datacenter. */
  readonly #written = new Map<string, string>();
  #looked = 0;
  #keys = 0;

  constructor(world: World, agents: readonly SimAgent[], datacenters: readonly string[]) {
    this.#world = world;
    this.#agents = agents;
    this.#datacenters = datacenters;
    this.#random = world.stream('cross writer');
  }

  get acknowledged(): number {
    return this.#written.size;
  }

  async write(): Promise<void> {
    const Datacenter = this.#random.pick(this.#datacenters);
    const Key = `across/${++this.#keys}`;
    const DirEnt = make(DirEntry, { Key, Value: Buffer.from(Datacenter) });
    const agent = this.#random.pick(this.#agents);
    const outcome = await ask(this.#world, agent, 'KVS.Apply', { Datacenter, Op: 'set', DirEnt });
    this.#world.trace(`${Key} in ${Datacenter} by ${agent.id}: ${outcome.kind}`);
    if (outcome.kind === 'answer') this.#written.set(Key, Datacenter);
    else this.#world.sometime('write into a datacenter not acknowledged');
  }

  /** Asks every agent in turn for some of the keys. */
  async missing(): Promise<string | null> {
    const keys = [...this.#written].slice(this.#looked);
    for (const [Key, Datacenter] of keys) {
      const agent = this.#agents[this.#looked % this.#agents.length]!;
      const outcome = await ask(this.#world, agent, 'KVS.Get', { Datacenter, Key });
      if (outcome.kind !== 'answer') return `${agent.id} cannot read ${Key} of ${Datacenter}: ${outcome.why}`;
      const value = outcome.answer.reply.Entries?.[0]?.Value;
      if (Buffer.from(value ?? []).toString() !== Datacenter)
        return `${agent.id} does not find ${Key} in ${Datacenter}`;
      this.#looked++;
    }
    return null;
  }
}
