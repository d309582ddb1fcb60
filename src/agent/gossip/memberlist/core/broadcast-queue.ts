/**
 * The transmit-limited queue of things to gossip: what was sent least goes first, then larger, then newer; each entry goes
 * out at most `retransmitLimit` times (SWIM, section 4.1; wire facts of memberlist, section 7).
 */
interface Entry {
  readonly message: Uint8Array;
  /** A newer broadcast with the same name replaces this one; null names never collide. */
  readonly name: string | null;
  readonly id: number;
  transmits: number;
  readonly onFinished: (() => void) | undefined;
}

export class BroadcastQueue {
  /** One list per number of transmissions so far, each kept largest first, then newest first. */
  #tiers: Entry[][] = [];
  readonly #byName = new Map<string, Entry>();
  #nextId = 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `onFinished` is called once: sent often enough, replaced, or pruned. */
  queue(message: Uint8Array, name: string | null = null, onFinished?: () => void): void {
    if (name !== null) {
      const old = this.#byName.get(name);
      if (old !== undefined) this.#remove(old);
    }
    const entry: Entry = { message, name, id: this.#nextId++, transmits: 0, onFinished };
    if (name !== null) this.#byName.set(name, entry);
    this.#insert(entry);
  }

  /**
   * Messages for one packet with room for `roomBytes`, where each costs `overheadBytes` more than itself. Greedy within each tier, as
   * the reference fills its packets.
   */
  take(overheadBytes: number, roomBytes: number, limit: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    const again: Entry[] = [];
    let room = roomBytes;
    for (const tier of this.#tiers) {
      for (let i = 0; i < tier.length; ) {
        const entry = tier[i] as Entry;
        if (entry.message.length + overheadBytes > room) {
          i++;
          continue;
        }
        room -= entry.message.length + overheadBytes;
        taken.push(entry.message);
        tier.splice(i, 1);
        this.#size--;
        entry.transmits++;
        if (entry.transmits >= limit) this.#finish(entry);
        else again.push(entry);
      }
    }
    // Put back only now, so that nothing goes twice into one packet.
    for (const entry of again) this.#insert(entry);
    return taken;
  }

  /** Drops the oldest and most sent beyond `max`. */
  prune(max: number): void {
    for (let tier = this.#tiers.length - 1; tier >= 0 && this.#size > max; tier--) {
      const entries = this.#tiers[tier] as Entry[];
      while (entries.length > 0 && this.#size > max) {
        this.#size--;
        this.#finish(entries.pop() as Entry);
      }
    }
  }

  #insert(entry: Entry): void {
    while (this.#tiers.length <= entry.transmits) this.#tiers.push([]);
    const tier = this.#tiers[entry.transmits] as Entry[];
    let low = 0;
    let high = tier.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = tier[middle] as Entry;
      const before =
        other.message.length > entry.message.length ||
        (other.message.length === entry.message.length && other.id > entry.id);
      if (before) low = middle + 1;
      else high = middle;
    }
    tier.splice(low, 0, entry);
    this.#size++;
  }

  #remove(entry: Entry): void {
    const tier = this.#tiers[entry.transmits];
    const at = tier?.indexOf(entry) ?? -1;
    if (at >= 0) {
      tier?.splice(at, 1);
      this.#size--;
    }
    this.#finish(entry);
  }

  #finish(entry: Entry): void {
    if (entry.name !== null && this.#byName.get(entry.name) === entry) this.#byName.delete(entry.name);
    entry.onFinished?.();
  }
}
