/** What clients saw, key by key, and whether it can be true. */
import { checkLinearizable, type Operation } from '../linearizability.ts';
import { SafetyBroken } from '../single-checker.ts';
import { type KvInput, kvModel } from './kv-model.ts';

export interface Call {
  readonly key: string;
  readonly client: string;
  readonly call: number;
}

export class History {
  readonly #operations = new Map<string, Operation<KvInput>[]>();
  readonly #modifyIndex = new Map<string, number>();
  #clock = 0;
  /** Histories whose search was given up. */
  tooHard = 0;
  acknowledged = 0;

  called(key: string, client: string): Call {
    return { key, client, call: ++this.#clock };
  }

  returned({ key, call }: Call, input: KvInput): void {
    if (input.kind !== 'read') this.acknowledged++;
    this.#add(key, { call, ret: ++this.#clock, input });
  }

  /** It may happen at any time from its call on, or never. */
  unknown({ key, call }: Call, input: KvInput): void {
    this.#add(key, { call, ret: Number.POSITIVE_INFINITY, input });
  }

  #add(key: string, operation: Operation<KvInput>): void {
    const operations = this.#operations.get(key) ?? [];
    operations.push(operation);
    this.#operations.set(key, operations);
  }

  /** The floor for reads of a key that begin now. */
  newestIndex(key: string): number {
    return this.#modifyIndex.get(key) ?? 0;
  }

  /** @param floor what `newestIndex` was when the read began */
  sawIndex(key: string, index: number, floor: number): void {
    if (index < floor) throw new SafetyBroken(`${key}: index ${index} after ${floor} was seen`);
    this.#modifyIndex.set(key, Math.max(index, this.newestIndex(key)));
  }

  check(): void {
    for (const [key, operations] of this.#operations) {
      const verdict = checkLinearizable(operations, kvModel);
      if (verdict.kind === 'tooHard') this.tooHard++;
      if (verdict.kind !== 'impossible') continue;
      const around = verdict.stuck.map(({ call, ret, input }) => `  ${call}..${ret} ${JSON.stringify(input)}`);
      const states = verdict.states.map((state) => state.replace('\0', ' held by ')).join(' or ');
      throw new SafetyBroken(`${key} is not linearizable: at best "${states}" when there was\n${around.join('\n')}`);
    }
  }
}
