/** What will happen, by time; at the same time in the order it was asked for. A binary heap. */
export interface Timed {
  readonly atMs: number;
}

export class EventQueue<T extends Timed> {
  #heap: { readonly order: number; readonly event: T }[] = [];
  #order = 0;

  get next(): T | undefined {
    return this.#heap[0]?.event;
  }

  all(matches: (event: T) => boolean): T[] {
    return this.#heap.map(({ event }) => event).filter(matches);
  }

  push(event: T): void {
    const heap = this.#heap;
    const item = { order: this.#order++, event };
    let at = heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, heap[at]!)) break;
      [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
      at = parent;
    }
  }

  pop(): T | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (!top || !last || heap.length === 0) return top?.event;
    heap[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && isBefore(heap[right]!, heap[left]!) ? right : left;
      if (isBefore(heap[at]!, heap[child]!)) break;
      [heap[child], heap[at]] = [heap[at]!, heap[child]!];
      at = child;
    }
    return top.event;
  }
}

interface Item {
  readonly order: number;
  readonly event: Timed;
}

const isBefore = (a: Item, b: Item): boolean =>
  a.event.atMs < b.event.atMs || (a.event.atMs === b.event.atMs && a.order < b.order);
