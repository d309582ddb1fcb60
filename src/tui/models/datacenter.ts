/**
 * The model behind the header and the overview: agent, leader, members, servers, services, checks, load. Always
 * running while the dashboard is open. Services and checks are watched; the rest has no watch and is asked for.
 */
import type { Clock } from '../../lib/runtime.ts';
import { type DatacenterEvent, leaderEvents, memberEvents, rememberEvents } from './events.ts';
import { followInto, poll } from './follow.ts';
import { emptyHistory, type History, push } from './history.ts';
import { newestIndex, type Overview, overviewOf } from './overview.ts';
import { createResource, failureOf, type Resource, type ResourceStore } from './resource.ts';
import type { AgentSelf, Check, Member, Metrics, RaftServer, ServerHealth, Source } from './source.ts';
import { createStore, type Readable } from './store.ts';

/** Also the distance of two samples in every history. */
export const sampleMs = 2_000;
const membersMs = 3_000;
const serversMs = 4_000;

export interface LoadHistory {
  readonly commitsPerSecond: History;
  readonly httpPerSecond: History;
  readonly commitMeanMs: History;
  readonly allocatedBytes: History;
}

export interface DatacenterSnapshot {
  readonly agent: Resource<AgentSelf>;
  readonly leader: Resource<string>;
  /** Since when, on the monotonic clock, the leader has been what it is; `seen` if the change itself was seen. */
  readonly leaderSince: { readonly ms: number; readonly seen: boolean };
  readonly members: Resource<readonly Member[]>;
  readonly raftServers: Resource<readonly RaftServer[]>;
  readonly serverHealth: Resource<readonly ServerHealth[]>;
  readonly services: Resource<Readonly<Record<string, readonly string[]>>>;
  readonly checks: Resource<readonly Check[]>;
  readonly metrics: Resource<Metrics>;
  readonly history: LoadHistory;
  readonly events: readonly DatacenterEvent[];
  readonly overview: Overview;
}

export interface DatacenterModel extends Readable<DatacenterSnapshot> {
  /** Runs until aborted. */
  run(signal: AbortSignal): Promise<void>;
}

export function createDatacenterModel(source: Source, clock: Clock): DatacenterModel {
  const parts = {
    agent: createResource<AgentSelf>(clock),
    leader: createResource<string>(clock),
    members: createResource<readonly Member[]>(clock),
    raftServers: createResource<readonly RaftServer[]>(clock),
    serverHealth: createResource<readonly ServerHealth[]>(clock),
    services: createResource<Readonly<Record<string, readonly string[]>>>(clock),
    checks: createResource<readonly Check[]>(clock),
    metrics: createResource<Metrics>(clock),
  };
  let history: LoadHistory = {
    commitsPerSecond: emptyHistory,
    httpPerSecond: emptyHistory,
    commitMeanMs: emptyHistory,
    allocatedBytes: emptyHistory,
  };
  let events: readonly DatacenterEvent[] = [];
  let leaderSince = { ms: clock.nowMs(), seen: false };
  let lastCommit: { index: number; atMs: number } | undefined;
  const store = createStore(assemble());

  function assemble(): DatacenterSnapshot {
    const agent = parts.agent.get();
    const leader = parts.leader.get();
    const members = parts.members.get();
    const raftServers = parts.raftServers.get();
    const serverHealth = parts.serverHealth.get();
    const services = parts.services.get();
    const checks = parts.checks.get();
    const metrics = parts.metrics.get();
    const overview = overviewOf({
      self: agent.value,
      leader: leader.value,
      members: members.value,
      raftServers: raftServers.value,
      serverHealth: serverHealth.value,
      services: services.value,
      checks: checks.value,
      metrics: metrics.value,
    });
    return {
      agent,
      leader,
      leaderSince,
      members,
      raftServers,
      serverHealth,
      services,
      checks,
      metrics,
      history,
      events,
      overview,
    };
  }

  const publish = () => store.set(assemble());

  function remember(more: readonly DatacenterEvent[]): void {
    events = rememberEvents(events, more);
  }

  function leaderRead(leader: string): void {
    const before = parts.leader.get().value;
    if (before !== leader) {
      leaderSince = { ms: clock.nowMs(), seen: before !== undefined };
      remember(leaderEvents(before, leader, clock.wallMs()));
    }
    parts.leader.value(leader, leader !== '');
  }

  function membersRead(members: readonly Member[]): void {
    remember(memberEvents(parts.members.get().value, members, clock.wallMs()));
    parts.members.value(members);
  }

  /** Commits a second since the last sample; from the servers' indexes where the agent has no Raft itself. */
  function commitRate(): number | undefined {
    const { overview } = assemble();
    const index = overview.raft?.commitIndex ?? newestIndex(overview.servers);
    const before = lastCommit;
    lastCommit = { index, atMs: clock.nowMs() };
    if (before === undefined || before.index === 0 || index < before.index) return undefined;
    const seconds = (lastCommit.atMs - before.atMs) / 1000;
    return seconds <= 0 ? undefined : (index - before.index) / seconds;
  }

  /** What is not live is not measured: a curve stands still rather than going on with an old number. */
  function sampleLoad(): void {
    const live = (part: ResourceStore<unknown>) => part.get().link.kind === 'live';
    const load = live(parts.metrics) ? assemble().overview.load : undefined;
    const commits = live(parts.agent) ? commitRate() : undefined;
    const sampled = (samples: History, value: number | undefined) =>
      value === undefined ? samples : push(samples, value);
    history = {
      commitsPerSecond: sampled(history.commitsPerSecond, commits),
      httpPerSecond: sampled(history.httpPerSecond, load?.httpPerSecond),
      commitMeanMs: sampled(history.commitMeanMs, load && (load.commitMeanMs ?? 0)),
      allocatedBytes: sampled(history.allocatedBytes, load?.allocatedBytes),
    };
  }

  /** Reads one part; its failure is the part's own and stops nothing else. */
  async function refresh<T>(read: Promise<T>, resource: ResourceStore<T>, take = resource.value): Promise<void> {
    try {
      take(await read);
    } catch (error) {
      resource.failed(failureOf(error));
    }
  }

  return {
    get: store.get,
    subscribe: store.subscribe,
    async run(signal) {
      const unsubscribe = [parts.services, parts.checks].map((part) => part.subscribe(publish));
      /**
       * What changes slowly waits for the next sample to be shown: two frames where one would do are the most that an
       * idle dashboard costs. Only the first answer is shown at once.
       */
      const slowly = (intervalMs: number, read: (signal: AbortSignal) => Promise<unknown>) => {
        let first = true;
        return poll(
          clock,
          intervalMs,
          async (pollSignal) => {
            await read(pollSignal);
            if (first) publish();
            first = false;
          },
          signal,
        );
      };
      await Promise.all([
        poll(
          clock,
          sampleMs,
          async (pollSignal) => {
            await Promise.all([
              refresh(source.readSelf(pollSignal), parts.agent),
              refresh(source.readLeader(pollSignal), parts.leader, leaderRead),
              refresh(source.readMetrics(pollSignal), parts.metrics),
            ]);
            sampleLoad();
            publish();
          },
          signal,
        ),
        slowly(membersMs, (pollSignal) => refresh(source.readMembers(pollSignal), parts.members, membersRead)),
        slowly(serversMs, (pollSignal) =>
          Promise.all([
            refresh(source.readRaftServers(pollSignal), parts.raftServers),
            refresh(source.readServerHealth(pollSignal), parts.serverHealth),
          ]),
        ),
        followInto(clock, source.watchServices(signal), parts.services, signal),
        followInto(clock, source.watchChecks(signal), parts.checks, signal),
      ]);
      for (const stop of unsubscribe) stop();
    },
  };
}

/** One reading of everything, for `-once`. What the agent refuses or does not have stays empty; no answer at all throws. */
export async function readOverview(source: Source, signal: AbortSignal): Promise<Overview> {
  const optional = async <T>(read: Promise<T>): Promise<T | undefined> => {
    try {
      return await read;
    } catch (error) {
      if (failureOf(error).kind === 'unavailable') throw error;
      return undefined;
    }
  };
  const [self, leader, members, raftServers, serverHealth, services, checks, metrics] = await Promise.all([
    optional(source.readSelf(signal)),
    optional(source.readLeader(signal)),
    optional(source.readMembers(signal)),
    optional(source.readRaftServers(signal)),
    optional(source.readServerHealth(signal)),
    optional(source.readServices(signal)),
    optional(source.readChecks(signal)),
    optional(source.readMetrics(signal)),
  ]);
  return overviewOf({ self, leader, members, raftServers, serverHealth, services, checks, metrics });
}
