/** A ring over logical time that remembers what was seen, so that gossip delivers each thing once (Serf, sections 5 and 6). */
export class SeenRing<T> {
  readonly #slots: ({ readonly time: number; readonly items: T[] } | null)[];

  constructor(size: number) {
    this.#slots = new Array<{ time: number; items: T[] } | null>(size).fill(null);
  }

  get slots(): readonly ({ readonly time: number; readonly items: readonly T[] } | null)[] {
    return this.#slots;
  }

  /**
   * @param now the clock the times belong to
   * @returns true when it is new: it is remembered then. Things too old to know are not new.
   */
  add(time: number, now: number, item: T, same: (other: T) => boolean): boolean {
    const size = this.#slots.length;
    if (now > size && time < now - size) return false;
    const slot = this.#slots[time % size];
    if (slot !== null && slot !== undefined && slot.time === time) {
      if (slot.items.some(same)) return false;
      slot.items.push(item);
      return true;
    }
    this.#slots[time % size] = { time, items: [item] };
    return true;
  }
}
