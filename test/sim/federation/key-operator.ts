/**
 * An operator who changes the gossip key of all pools, as the guides say: the new one is installed everywhere, then used everywhere,
 * then the old one is removed, and no step is taken before every member of every pool has taken the one before.
 */
import type { KeyringResponse } from '../../../src/structs/internal.ts';
import { gossipKey, type SimAgent } from '../agents/agent.ts';
import type { Stream } from '../prng.ts';
import { ask } from '../servers/ask.ts';
import type { World } from '../world.ts';

export interface KeyOperatorOptions {
  readonly world: World;
  readonly agents: readonly SimAgent[];
  /** Members of a pool when nobody is away. */
  readonly sizeOf: (pool: Pick<KeyringResponse, 'WAN' | 'Datacenter'>) => number;
  readonly rotateEveryMs: number;
  readonly relayFactor: number;
}

type Operation = 'list' | 'install' | 'use' | 'remove';

export class KeyOperator {
  /** The key of all pools, once no change is under way. */
  current = gossipKey;
  /** No change is begun any more. */
  stopping = false;
  busy = false;
  readonly #options: KeyOperatorOptions;
  readonly #random: Stream;

  constructor(options: KeyOperatorOptions) {
    this.#options = options;
    this.#random = options.world.stream('key operator');
  }

  async run(): Promise<void> {
    const { world, rotateEveryMs } = this.#options;
    if (rotateEveryMs === 0) return;
    this.busy = true;
    while (!this.stopping) {
      await world.sleep(this.#random.around(rotateEveryMs));
      const old = this.current;
      const fresh = Buffer.from(this.#random.bytes(32)).toString('base64');
      await this.#everywhere('install', fresh);
      await this.#everywhere('use', fresh);
      this.current = fresh;
      await this.#everywhere('remove', old);
      world.sometime('gossip key changed everywhere');
    }
    this.busy = false;
  }

  async #everywhere(operation: Operation, key: string): Promise<void> {
    const { world } = this.#options;
    while (!(await this.#all(operation, key))) {
      world.sometime(`not everybody could ${operation} a key`);
      await world.sleep(this.#random.around(500));
    }
  }

  /** Whether every member of every pool did it. */
  async #all(operation: Operation, key: string): Promise<boolean> {
    const pools = await this.#ask(operation, key);
    const { sizeOf } = this.#options;
    return pools?.every((pool) => pool.Error === '' && pool.NumNodes === sizeOf(pool)) === true;
  }

  /** null when nobody answered. */
  async #ask(Operation: Operation, Key: string): Promise<readonly KeyringResponse[] | null> {
    const { world, agents, relayFactor } = this.#options;
    const agent = this.#random.pick(agents);
    world.trace(`operator: ${Operation} ${Key} on ${agent.id}`);
    const outcome = await ask(world, agent, 'Internal.KeyringOperation', { Operation, Key, RelayFactor: relayFactor });
    world.trace(`operator: ${JSON.stringify(outcome.kind === 'answer' ? outcome.answer.reply.Responses : outcome)}`);
    return outcome.kind === 'answer' ? (outcome.answer.reply.Responses ?? []) : null;
  }

  /** What is not as it should be, null = every member of every pool has the current key and no other. */
  async missing(): Promise<string | null> {
    const pools = await this.#ask('list', '');
    if (pools === null) return 'nobody lists the keys';
    for (const pool of pools) {
      const wanted = JSON.stringify({ [this.current]: this.#options.sizeOf(pool) });
      const { Keys, PrimaryKeys, WAN, Datacenter } = pool;
      if (JSON.stringify(Keys) === wanted && JSON.stringify(PrimaryKeys) === wanted) continue;
      return `${WAN ? 'the WAN pool' : Datacenter} has ${JSON.stringify(Keys)}, mostly using ${JSON.stringify(PrimaryKeys)}`;
    }
    return null;
  }
}
