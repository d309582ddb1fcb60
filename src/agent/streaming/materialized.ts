/** The instances of one service, put together from the events of a subscription. Pure. */
import type { CheckServiceNode } from '../../structs/catalog.ts';
import { type Event, type ServiceHealthUpdate, updateOps } from '../../structs/subscribe.ts';

type Instances = Map<string, CheckServiceNode>;

export class Materialized {
  /** Of the last event that is seen in `instances`; 0 = nothing is known yet. */
  index = 0;
  #instances: Instances = new Map();
  /** In the order that servers have them; null after a change. */
  #sorted: readonly CheckServiceNode[] | null = null;
  /** The snapshot that is under way. */
  #coming: Instances | null = new Map();

  /** A subscription begins, with `index` as what is known. */
  begin(): void {
    this.#coming = this.index === 0 ? new Map() : null;
  }

  /** What is known may have nothing to do with what comes: the next subscription starts from nothing. What is known stays until then. */
  startOver(): void {
    this.index = 0;
  }

  /** The same array until something changes. */
  get instances(): readonly CheckServiceNode[] {
    this.#sorted ??= [...this.#instances].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, instance]) => instance);
    return this.#sorted;
  }

  /** True when there is something new to see. */
  apply(event: Event): boolean {
    if (event.NewSnapshotToFollow) {
      this.#coming = new Map();
      return false;
    }
    if (event.EndOfSnapshot) {
      if (this.#coming !== null) this.#instances = this.#coming;
      this.#coming = null;
      return this.#changed(event.Index);
    }
    const target = this.#coming ?? this.#instances;
    for (const one of event.EventBatch?.Events ?? [event])
      if (one.ServiceHealth !== null) update(target, one.ServiceHealth);
    return this.#coming === null && this.#changed(event.Index);
  }

  #changed(index: number): true {
    this.index = index;
    this.#sorted = null;
    return true;
  }
}

function update(instances: Instances, { Op, CheckServiceNode: instance }: ServiceHealthUpdate): void {
  if (instance === null) return;
  const { Node, Service } = instance;
  const key = `${(Node?.Node ?? '').toLowerCase()}\0${(Service?.ID ?? '').toLowerCase()}`;
  if (Op === updateOps.deregister) instances.delete(key);
  else instances.set(key, instance);
}
