/**
 * How much there is, as metrics of every server: nodes, services, checks and their states, keys, members. Counted every ten
 * seconds, of a frozen state, in slices.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from '../../lib/runtime.ts';
import { type Member, serverInfo } from '../gossip/member.ts';
import { fold, onNode } from '../state/schema.ts';
import { freeze, maxIndex, type State, type Store } from '../state/store.ts';
import type { Metrics } from '../telemetry/api.ts';

const periodMs = 10_000;
const sliceRows = 2_000;
/** Each state of each service is a series of its own; what is beyond is told only as a whole. */
export const maxServices = 500;

const statuses = ['passing', 'warning', 'critical'] as const;
export type HealthStatus = (typeof statuses)[number];
export type HealthCounts = Readonly<Record<HealthStatus, number>>;

export interface Usage {
  readonly nodes: number;
  /** Different names. */
  readonly services: number;
  readonly instances: number;
  readonly connectInstances: number;
  readonly checks: HealthCounts;
  /** By the worst of a node's own checks. */
  readonly nodeHealth: HealthCounts;
  /** Instances of each service by the worst check of theirs and their nodes', the first `maxServices` by name. */
  readonly serviceHealth: ReadonlyMap<string, HealthCounts>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const noCounts = (): Mutable<HealthCounts> => ({ passing: 0, warning: 0, critical: 0 });
const rank = (status: string): number => Math.max(0, statuses.indexOf(status as HealthStatus));

/** `state` must be frozen: others have the event loop in between. */
export async function countUsage({ tables }: State): Promise<Usage> {
  let rows = 0;
  const pause = async (): Promise<void> => {
    if (++rows % sliceRows === 0) await nextTurn();
  };
  const checks = noCounts();
  /** Worst check by node, and by instance. */
  const worst = new Map<string, number>();
  for (const [, { Node, ServiceID, Status }] of tables.checks.rows.entries()) {
    const status = rank(Status);
    checks[statuses[status]!]++;
    const of = ServiceID === '' ? fold(Node) : onNode(Node, ServiceID);
    worst.set(of, Math.max(worst.get(of) ?? 0, status));
    await pause();
  }
  const nodeHealth = noCounts();
  for (const [key] of tables.nodes.rows.entries()) {
    nodeHealth[statuses[worst.get(key) ?? 0]!]++;
    await pause();
  }
  const byName = new Map<string, Mutable<HealthCounts>>();
  let connectInstances = 0;
  for (const [key, { Node, Service }] of tables.services.rows.entries()) {
    if (Service.Connect.Native || Service.Kind !== '') connectInstances++;
    let counts = byName.get(Service.Service);
    if (counts === undefined) {
      counts = noCounts();
      byName.set(Service.Service, counts);
    }
    counts[statuses[Math.max(worst.get(key) ?? 0, worst.get(fold(Node)) ?? 0)]!]++;
    await pause();
  }
  const shown = [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, maxServices);
  return {
    nodes: tables.nodes.rows.size,
    services: byName.size,
    instances: tables.services.rows.size,
    connectInstances,
    checks,
    nodeHealth,
    serviceHealth: new Map(shown),
  };
}

export interface UsageReporterOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly datacenter: string;
  readonly members: () => readonly Member[];
}

/** Returns the stopper. */
export function reportUsage({ store, clock, metrics, datacenter, members }: UsageReporterOptions): () => void {
  let timer: Timer;
  let stopped = false;
  let usage: Usage | null = null;
  let countedIndex = -1;

  const report = async (): Promise<void> => {
    const state = freeze(store.state);
    const index = maxIndex(state, 'nodes', 'services', 'checks');
    if (usage === null || index !== countedIndex) {
      usage = await countUsage(state);
      countedIndex = index;
    }
    if (!stopped)
      tell(metrics, usage, state.tables.kvs.rows.size, state.tables.sessions.rows.size, {
        datacenter,
        members: members(),
      });
  };
  const tick = (): void => {
    void report().finally(() => {
      if (!stopped) timer = clock.after(periodMs, tick);
    });
  };
  timer = clock.after(0, tick);
  return () => {
    stopped = true;
    timer.cancel();
  };
}

interface Pool {
  readonly datacenter: string;
  readonly members: readonly Member[];
}

function tell(metrics: Metrics, usage: Usage, keys: number, sessions: number, { datacenter, members }: Pool): void {
  const set = (name: string, value: number, labels: Readonly<Record<string, string>> = {}): void =>
    metrics.gauge(name, { datacenter, ...labels })(value);
  set('state.nodes', usage.nodes);
  set('state.services', usage.services);
  set('state.service_instances', usage.instances);
  set('state.connect_instances', usage.connectInstances);
  set('state.kv_entries', keys);
  set('state.sessions', sessions);
  for (const status of statuses) {
    set('state.checks', usage.checks[status], { status });
    set('state.node_health', usage.nodeHealth[status], { status });
    for (const [service, counts] of usage.serviceHealth) {
      set('state.service_health', counts[status], { service, status });
    }
  }
  const servers = members.filter((member) => member.status === 'alive' && serverInfo(member) !== null).length;
  set('members.servers', servers);
  set('members.clients', members.filter(({ status }) => status === 'alive').length - servers);
  for (const status of ['alive', 'leaving', 'left', 'failed'] as const) {
    set('members.status', members.filter((member) => member.status === status).length, { status });
  }
}
