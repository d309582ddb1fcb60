/** Seeded random numbers: one stream per purpose, so that a draw more in one place does not shift all the others. */
import type { Random } from '../../src/lib/runtime.ts';

/** 32-bit FNV-1a. */
export function hashText(text: string, seed = 0x811c9dc5): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** sfc32 (Chris Doty-Humphrey), seeded from a number and a name. */
export class Stream implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, name: string) {
    this.#a = hashText(name);
    this.#b = seed | 0;
    this.#c = hashText(`${seed}/${name}`);
    for (let i = 0; i < 12; i++) this.#next();
  }

  #next(): number {
    const out = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + out) | 0;
    return out >>> 0;
  }

  float(): number {
    return this.#next() / 2 ** 32;
  }

  int(limit: number): number {
    return Math.floor(this.float() * limit);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.int(256));
  }

  uuid(): string {
    const hex = Buffer.from(this.bytes(16)).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }

  /** Mostly short, sometimes long: exponential with the given mean. */
  around(mean: number): number {
    return -Math.log(1 - this.float()) * mean;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.int(choices.length)]!;
  }

  /** Uniform in [low, high]. */
  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }
}
