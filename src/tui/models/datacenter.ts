/**
 * The model behind the header and the first page: agent, leader, members, servers, services, checks, load. Always
 * running while the dashboard is open. What can be watched is watched; the rest has no watch and is asked for.
 */
import type {
  AgentMember,
  AgentMetrics,
  AgentSelf,
  AutopilotHealth,
  HealthCheck,
  RaftConfiguration,
} from '../../client/index.ts';
import type { Clock } from '../../lib/runtime.ts';
import * as queries from '../source/queries.ts';
import type { Source } from '../source/source.ts';
import { checkEvents, type DatacenterEvent, leaderEvents, memberEvents, rememberEvents } from './events.ts';
import { createFeed, type Feed } from './feed.ts';
import { poll } from './follow.ts';
import { emptyHistory, type History, push } from './history.ts';
import { newestIndex, type Overview, overviewOf } from './overview.ts';
import type { Resource } from './resource.ts';
import { createStore, derived, type Readable } from './store.ts';

/** Also the distance of two samples in every history. */
export const sampleMs = 2_000;

export interface LoadHistory {
  readonly commitsPerSecond: History;
  readonly httpPerSecond: History;
  readonly dnsPerSecond: History;
  readonly gossipPerSecond: History;
  readonly rpcPerSecond: History;
  readonly commitMeanMs: History;
  readonly allocatedBytes: History;
  /** Checks that are critical, checks that warn, members that have failed. */
  readonly critical: History;
  readonly warning: History;
  readonly failed: History;
}

export interface DatacenterSnapshot {
  readonly agent: Resource<AgentSelf>;
  readonly leader: Resource<string>;
  /** Since when, on the monotonic clock, the leader has been what it is; `seen` if the change itself was seen. */
  readonly leaderSince: { readonly ms: number; readonly seen: boolean };
  readonly members: Resource<readonly AgentMember[]>;
  readonly raft: Resource<RaftConfiguration>;
  readonly autopilot: Resource<AutopilotHealth>;
  readonly services: Resource<Readonly<Record<string, readonly string[]>>>;
  readonly checks: Resource<readonly HealthCheck[]>;
  readonly metrics: Resource<AgentMetrics>;
  readonly history: LoadHistory;
  readonly events: readonly DatacenterEvent[];
  readonly overview: Overview;
}

export interface DatacenterModel extends Readable<DatacenterSnapshot> {
  readonly feeds: {
    readonly members: Feed<readonly AgentMember[]>;
    readonly services: Feed<Readonly<Record<string, readonly string[]>>>;
    readonly checks: Feed<readonly HealthCheck[]>;
    readonly metrics: Feed<AgentMetrics>;
  };
  /** Runs until aborted. */
  run(signal: AbortSignal): Promise<void>;
}

const emptyLoad: LoadHistory = {
  commitsPerSecond: emptyHistory,
  httpPerSecond: emptyHistory,
  dnsPerSecond: emptyHistory,
  gossipPerSecond: emptyHistory,
  rpcPerSecond: emptyHistory,
  commitMeanMs: emptyHistory,
  allocatedBytes: emptyHistory,
  critical: emptyHistory,
  warning: emptyHistory,
  failed: emptyHistory,
};

export function createDatacenterModel(source: Source, clock: Clock): DatacenterModel {
  const feeds = {
    agent: createFeed(source, clock, queries.agentSelf),
    leader: createFeed(source, clock, queries.leader),
    members: createFeed(source, clock, queries.members),
    raft: createFeed(source, clock, queries.raftConfiguration),
    autopilot: createFeed(source, clock, queries.autopilotHealth),
    services: createFeed(source, clock, queries.services),
    checks: createFeed(source, clock, queries.checks),
    metrics: createFeed(source, clock, queries.agentMetrics),
  };
  const overview = derived(
    [
      feeds.agent,
      feeds.leader,
      feeds.members,
      feeds.raft,
      feeds.autopilot,
      feeds.services,
      feeds.checks,
      feeds.metrics,
    ],
    (agent, leader, members, raft, autopilot, services, checks, metrics) =>
      overviewOf({
        self: agent.value,
        leader: leader.value,
        members: members.value,
        raft: raft.value,
        autopilot: autopilot.value,
        services: services.value,
        checks: checks.value,
        metrics: metrics.value,
      }),
  );
  let history = emptyLoad;
  let events: readonly DatacenterEvent[] = [];
  let leaderSince = { ms: clock.nowMs(), seen: false };
  let lastCommit: { of: 'agent' | 'servers'; index: number; atMs: number } | undefined;
  let commitRate: number | undefined;
  const seen: { leader?: string | undefined; members?: readonly AgentMember[]; checks?: readonly HealthCheck[] } = {};
  const store = createStore(assemble());

  function assemble(): DatacenterSnapshot {
    return {
      agent: feeds.agent.get(),
      leader: feeds.leader.get(),
      leaderSince,
      members: feeds.members.get(),
      raft: feeds.raft.get(),
      autopilot: feeds.autopilot.get(),
      services: feeds.services.get(),
      checks: feeds.checks.get(),
      metrics: feeds.metrics.get(),
      history,
      events,
      overview: overview.get(),
    };
  }

  const publish = () => store.set(assemble());
  const remember = (more: readonly DatacenterEvent[]) => {
    events = rememberEvents(events, more);
  };
  const nodeAt = (address: string) => overview.get().servers.find((server) => server.address === address)?.node;

  function leaderChanged(): void {
    const leader = feeds.leader.get().value;
    if (leader === undefined || leader === seen.leader) return;
    leaderSince = { ms: clock.nowMs(), seen: seen.leader !== undefined };
    remember(leaderEvents(seen.leader, leader, nodeAt, clock.wallMs()));
    seen.leader = leader;
  }

  function membersChanged(): void {
    const members = feeds.members.get().value;
    if (members === undefined) return;
    remember(memberEvents(seen.members, members, clock.wallMs()));
    seen.members = members;
  }

  function checksChanged(): void {
    const checks = feeds.checks.get().value;
    if (checks === undefined) return;
    remember(checkEvents(seen.checks, checks, clock.wallMs()));
    seen.checks = checks;
  }

  /** Commits a second between two answers; from the servers' indexes where the agent has no Raft itself. */
  function measureCommits(): void {
    const { raft, servers } = overview.get();
    const index = raft?.commitIndex ?? newestIndex(servers);
    const of = raft === undefined ? 'servers' : 'agent';
    // Of the two, one is behind the other: what is between them was not committed in between.
    const before = lastCommit?.of === of ? lastCommit : undefined;
    lastCommit = { of, index, atMs: clock.nowMs() };
    const seconds = before === undefined ? 0 : (lastCommit.atMs - before.atMs) / 1000;
    commitRate =
      before === undefined || before.index === 0 || index < before.index || seconds <= 0
        ? undefined
        : (index - before.index) / seconds;
  }

  /** What is not live is not measured: a curve stands still rather than going on with an old number. */
  function sample(): void {
    const live = (feed: Readable<Resource<unknown>>) => feed.get().link.kind === 'live';
    const { load, checks, members } = overview.get();
    const measured = live(feeds.metrics) ? load : undefined;
    const commits = live(feeds.agent) ? commitRate : undefined;
    const next = (samples: History, value: number | undefined) =>
      value === undefined ? samples : push(samples, value);
    history = {
      commitsPerSecond: next(history.commitsPerSecond, commits),
      httpPerSecond: next(history.httpPerSecond, measured?.httpPerSecond),
      dnsPerSecond: next(history.dnsPerSecond, measured?.dnsPerSecond),
      gossipPerSecond: next(history.gossipPerSecond, measured?.gossipPerSecond),
      rpcPerSecond: next(history.rpcPerSecond, measured?.rpcPerSecond),
      commitMeanMs: next(history.commitMeanMs, measured && (measured.commitMeanMs ?? 0)),
      allocatedBytes: next(history.allocatedBytes, measured?.allocatedBytes),
      critical: next(history.critical, live(feeds.checks) ? checks?.critical : undefined),
      warning: next(history.warning, live(feeds.checks) ? checks?.warning : undefined),
      failed: next(history.failed, live(feeds.members) ? members?.failed : undefined),
    };
  }

  return {
    get: store.get,
    subscribe: store.subscribe,
    feeds,
    async run(signal) {
      /**
       * Numbers that change all the time wait for the next sample to be shown: two frames where one would do are the most
       * that an idle dashboard costs. A state that changes, and the first answer, are shown at once.
       */
      const slowly = (feed: Readable<Resource<unknown>>) => {
        let shown: string | undefined;
        return feed.subscribe(() => {
          const { link, value } = feed.get();
          const state = `${link.kind} ${value === undefined}`;
          if (state !== shown) publish();
          shown = state;
        });
      };
      const stops = [
        feeds.leader.subscribe(leaderChanged),
        feeds.members.subscribe(membersChanged),
        feeds.checks.subscribe(checksChanged),
        feeds.agent.subscribe(() => {
          if (overview.get().raft !== undefined) measureCommits();
        }),
        feeds.autopilot.subscribe(() => {
          if (overview.get().raft === undefined) measureCommits();
        }),
        ...[feeds.leader, feeds.members, feeds.checks, feeds.services, feeds.raft].map((feed) =>
          feed.subscribe(publish),
        ),
        ...[feeds.agent, feeds.metrics, feeds.autopilot].map(slowly),
      ];
      const sampling = poll(
        clock,
        sampleMs,
        async () => {
          sample();
          publish();
        },
        signal,
      );
      await Promise.all([sampling, ...Object.values(feeds).map((feed) => feed.run(signal))]);
      for (const stop of stops) stop();
    },
  };
}
