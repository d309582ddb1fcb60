/**
 * What this agent stands for: its services and checks, each with whether the catalog knows it as it is. Entries are values,
 * replaced when something changes; only what the catalog is known to say of them is noted in place. No I/O.
 */
import type { Clock, Random, Timer } from '../../lib/runtime.ts';
import type { CheckType, HealthCheck, NodeService } from '../../structs/catalog.ts';
import type { Status } from '../checks/definition.ts';
import type { Origin } from './definitions.ts';

export interface LocalService {
  readonly service: NodeService;
  readonly token: string;
  readonly origin: Origin;
  /** Gone here; kept until the catalog has forgotten it too. */
  readonly removed: boolean;
  /** The catalog is known to agree. */
  inSync: boolean;
}

export interface LocalCheck {
  readonly check: HealthCheck;
  /** Null for maintenance: nothing is run. */
  readonly type: CheckType | null;
  readonly token: string;
  readonly origin: Origin;
  readonly removed: boolean;
  inSync: boolean;
  /** Since when it is critical without a break, on the monotonic clock; null when it is not. */
  readonly criticalSinceMs: number | null;
  /** Runs while only the output differs from what the catalog has, and that may wait. */
  readonly outputTimer: Timer | null;
}

export interface LocalStateOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** How long changes of an output alone are held back; 0: not at all. */
  readonly checkUpdateIntervalMs: number;
  /** Outputs are not kept at all. May change with the configuration. */
  readonly discardOutput: () => boolean;
}

export type Unwatch = () => void;

export class LocalState {
  /** This node's own entry in the catalog is known to be right. */
  nodeInSync = false;
  /** Called when something is there to be pushed. */
  onDirty: () => void = () => {};
  readonly #options: LocalStateOptions;
  readonly #services = new Map<string, LocalService>();
  readonly #checks = new Map<string, LocalCheck>();
  readonly #serviceWatches = new Map<string, Set<() => void>>();
  /** By service, '' for those of the node itself. */
  readonly #checkIds = new Map<string, Set<string>>();
  readonly #checkWatches = new Map<string, Set<() => void>>();

  constructor(options: LocalStateOptions) {
    this.#options = options;
  }

  /** All entries, those that are gone included. */
  serviceEntries(): IterableIterator<LocalService> {
    return this.#services.values();
  }

  checkEntries(): IterableIterator<LocalCheck> {
    return this.#checks.values();
  }

  services(): LocalService[] {
    return [...this.#services.values()].filter(({ removed }) => !removed);
  }

  checks(): LocalCheck[] {
    return [...this.#checks.values()].filter(({ removed }) => !removed);
  }

  service(id: string): LocalService | undefined {
    const entry = this.#services.get(id);
    return entry === undefined || entry.removed ? undefined : entry;
  }

  check(id: string): LocalCheck | undefined {
    const entry = this.#checks.get(id);
    return entry === undefined || entry.removed ? undefined : entry;
  }

  /** Those that tell how a service is: its own and the node's. With '', all of this agent. */
  checksFor(serviceId: string): LocalCheck[] {
    if (serviceId === '') return this.checks();
    return [...this.#checksOf(serviceId), ...this.#checksOf('')];
  }

  /** A service's own. */
  checksOf(serviceId: string): LocalCheck[] {
    return [...this.#checksOf(serviceId)];
  }

  *#checksOf(serviceId: string): Generator<LocalCheck> {
    for (const id of this.#checkIds.get(serviceId) ?? []) {
      const entry = this.#checks.get(id)!;
      if (!entry.removed) yield entry;
    }
  }

  /** Whether this is still the entry: if not, what was done with it says nothing of what is there now. */
  isCurrent(entry: LocalService | LocalCheck): boolean {
    return 'service' in entry
      ? this.#services.get(entry.service.ID) === entry
      : this.#checks.get(entry.check.CheckID) === entry;
  }

  setService(service: NodeService, token: string, origin: Origin): void {
    this.#services.set(service.ID, { service, token, origin, removed: false, inSync: false });
    this.#serviceChanged(service.ID);
    this.onDirty();
  }

  /** What others decided about a service (its tags). The catalog has it already. */
  adoptService(service: NodeService): void {
    const entry = this.#services.get(service.ID);
    if (entry === undefined) return;
    this.#services.set(service.ID, { ...entry, service });
    this.#serviceChanged(service.ID);
  }

  /** False when there is no such service. */
  removeService(id: string): boolean {
    const entry = this.service(id);
    if (entry === undefined) return false;
    this.#services.set(id, { ...entry, removed: true, inSync: false });
    this.#serviceChanged(id);
    this.onDirty();
    return true;
  }

  setCheck(check: HealthCheck, type: CheckType | null, token: string, origin: Origin): void {
    const before = this.#checks.get(check.CheckID);
    before?.outputTimer?.cancel();
    if (before !== undefined) this.#unlist(before.check);
    const listed = this.#checkIds.get(check.ServiceID) ?? new Set();
    this.#checkIds.set(check.ServiceID, listed.add(check.CheckID));
    this.#checks.set(check.CheckID, {
      check,
      type,
      token,
      origin,
      removed: false,
      inSync: false,
      criticalSinceMs: check.Status === 'critical' ? this.#options.clock.nowMs() : null,
      outputTimer: null,
    });
    this.#checksChanged(check.ServiceID);
    this.onDirty();
  }

  removeCheck(id: string): boolean {
    const entry = this.check(id);
    if (entry === undefined) return false;
    entry.outputTimer?.cancel();
    this.#checks.set(id, { ...entry, removed: true, inSync: false, outputTimer: null });
    this.#checksChanged(entry.check.ServiceID);
    this.onDirty();
    return true;
  }

  /** Forgets an entry that the catalog has forgotten. */
  purge(entry: LocalService | LocalCheck): void {
    if (!entry.removed || !this.isCurrent(entry)) return;
    if ('service' in entry) this.#services.delete(entry.service.ID);
    else {
      this.#checks.delete(entry.check.CheckID);
      this.#unlist(entry.check);
    }
  }

  #unlist({ CheckID, ServiceID }: HealthCheck): void {
    const listed = this.#checkIds.get(ServiceID);
    listed?.delete(CheckID);
    if (listed?.size === 0) this.#checkIds.delete(ServiceID);
  }

  /** The result of a run. A check that is not there any more is none of our business. */
  report(id: string, status: Status, output: string): void {
    const entry = this.check(id);
    if (entry === undefined) return;
    const { checkUpdateIntervalMs, discardOutput, clock, random } = this.#options;
    const Output = discardOutput() ? '' : output;
    const { check } = entry;
    if (check.Status === status && check.Output === Output) return;
    const next = { ...entry, check: { ...check, Status: status, Output } };
    if (check.Status === status && checkUpdateIntervalMs > 0) {
      // Spread, so that outputs that change with every run do not keep the cluster busy.
      const delayMs = checkUpdateIntervalMs / 2 + random.float() * checkUpdateIntervalMs;
      const outputTimer = entry.outputTimer ?? clock.after(delayMs, () => this.#outputDue(id));
      this.#checks.set(id, { ...next, outputTimer });
      return;
    }
    entry.outputTimer?.cancel();
    const criticalSinceMs = status === 'critical' ? (entry.criticalSinceMs ?? clock.nowMs()) : null;
    this.#checks.set(id, { ...next, criticalSinceMs, outputTimer: null, inSync: false });
    // Not of outputs: aliases quote them, and two that quote each other would never come to rest.
    if (check.Status !== status) this.#checksChanged(check.ServiceID);
    this.onDirty();
  }

  #outputDue(id: string): void {
    const entry = this.check(id);
    if (entry === undefined || entry.outputTimer === null) return;
    this.#checks.set(id, { ...entry, outputTimer: null, inSync: false });
    this.onDirty();
  }

  /** Called with every change of the service, its end included. */
  watchService(id: string, changed: () => void): Unwatch {
    return watch(this.#serviceWatches, id, changed);
  }

  /** Called when something changes that tells how a service is (with '', anything on this node), outputs aside. */
  watchChecks(serviceId: string, changed: () => void): Unwatch {
    return watch(this.#checkWatches, serviceId, changed);
  }

  /** No timer is left afterwards. */
  stop(): void {
    this.onDirty = () => {};
    for (const { outputTimer } of this.#checks.values()) outputTimer?.cancel();
  }

  #serviceChanged(id: string): void {
    for (const changed of [...(this.#serviceWatches.get(id) ?? [])]) changed();
    this.#checksChanged(id);
  }

  #checksChanged(serviceId: string): void {
    const concerned = serviceId === '' ? [...this.#checkWatches.keys()] : ['', serviceId];
    for (const id of concerned) for (const changed of [...(this.#checkWatches.get(id) ?? [])]) changed();
  }
}

function watch(watches: Map<string, Set<() => void>>, id: string, changed: () => void): Unwatch {
  const those = watches.get(id) ?? new Set();
  watches.set(id, those.add(changed));
  return () => {
    those.delete(changed);
    if (those.size === 0 && watches.get(id) === those) watches.delete(id);
  };
}
