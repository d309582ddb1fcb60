/** Random numbers from a seed: the same seed gives the same input, on every machine. */

export class Dice {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Neighbouring seeds give unrelated streams. */
  constructor(seed: number) {
    let mixed = seed >>> 0;
    const next = () => {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let word = mixed;
      word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      return (word ^ (word >>> 15)) >>> 0;
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
  }

  /** 32 random bits (the generator sfc32). */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, limit). */
  int(limit: number): number {
    return Math.floor((this.word() / 2 ** 32) * limit);
  }

  /** True once in `n`. */
  oneIn(n: number): boolean {
    return this.int(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)]!;
  }

  /** Mostly small, sometimes up to `limit`: sizes that find both off-by-one and too-deep. */
  size(limit: number): number {
    return this.oneIn(20) ? this.int(limit) : this.int(Math.min(limit, 16));
  }
}
