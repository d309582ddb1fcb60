/**
 * Autopilot: watches the servers of the Raft configuration, gives a vote to those that proved stable, and removes the dead when
 * others have taken their place.
 */

import { withDeadline } from '../../../lib/deadline.ts';
import { parseDurationMs } from '../../../lib/duration.ts';
import { messageOf } from '../../../lib/message-of.ts';
import type { Timer } from '../../../lib/runtime.ts';
import type { AutopilotConfig, RaftStats } from '../../../structs/operator.ts';
import { type Member, serverInfo } from '../../gossip/member.ts';
import type { Forwarder } from '../../rpc/forwarder.ts';
import { getAutopilot } from '../../state/operator.ts';
import type { ServerContext } from '../context.ts';
import { removePeer } from './raft-members.ts';

const healthIntervalMs = 2_000;
const reconcileIntervalMs = 10_000;

export interface ServerHealthView {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly member: Member | undefined;
  readonly build: string;
  readonly leader: boolean;
  readonly voter: boolean;
  readonly lastContactMs: number;
  readonly lastTerm: number;
  readonly lastIndex: number;
  readonly healthy: boolean;
  /** Wall clock of the last change of health. */
  readonly stableSinceMs: number;
}

export class Autopilot {
  readonly #context: ServerContext;
  readonly #forwarder: Forwarder;
  #health = new Map<string, ServerHealthView>();
  #timers: Timer[] = [];
  #stopped = true;
  /** Of leadership: what began in an earlier one does not go on in this. */
  #term = 0;

  constructor(context: ServerContext, forwarder: Forwarder) {
    this.#context = context;
    this.#forwarder = forwarder;
  }

  /** With leadership. */
  start(): void {
    this.#stopped = false;
    this.#term++;
    this.#health.clear();
    const update = (): Promise<void> =>
      this.#guarded('failed to update the health of servers', () => this.#updateHealth());
    void update();
    this.#every(healthIntervalMs, update);
    this.#every(reconcileIntervalMs, () => this.#guarded('failed to reconcile', () => this.#reconcile()));
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }

  /** Every server of the Raft configuration as last seen. */
  servers(): ServerHealthView[] {
    const { raft } = this.#context;
    return raft
      .stats()
      .configuration.servers.map(({ id, address, suffrage }) => this.#view(id, address, suffrage === 'voter'));
  }

  #view(id: string, address: string, voter: boolean): ServerHealthView {
    const { raft, config, runtime } = this.#context;
    const known = this.#health.get(id);
    const member = this.#context.members().find((m) => m.tags['id'] === id && m.tags['dc'] === config.datacenter);
    const leader = raft.leadership.leader?.id === id;
    const stats = raft.stats();
    const fresh = {
      id,
      address,
      voter,
      leader,
      member,
      name: member?.name ?? '',
      build: member === undefined ? '' : (serverInfo(member)?.build ?? ''),
    };
    if (known !== undefined) return { ...known, ...fresh };
    return {
      ...fresh,
      lastContactMs: 0,
      lastTerm: leader ? stats.lastLogTerm : 0,
      lastIndex: leader ? stats.lastLogIndex : 0,
      healthy: leader || member?.status === 'alive',
      stableSinceMs: runtime.clock.wallMs(),
    };
  }

  async #updateHealth(): Promise<void> {
    const { raft, store, runtime } = this.#context;
    const config = getAutopilot(store.state);
    if (config === undefined) return;
    const term = this.#term;
    const servers = raft.stats().configuration.servers;
    const views = await Promise.all(
      servers.map(async ({ id, address, suffrage }) => {
        const before = this.#view(id, address, suffrage === 'voter');
        const stats = before.member?.status === 'alive' ? await this.#statsOf(before) : null;
        const healthy = stats !== null && this.#isHealthy(before, stats, config);
        const changed = !this.#health.has(id) || before.healthy !== healthy;
        return {
          ...before,
          healthy,
          lastContactMs: stats === null ? before.lastContactMs : contactMs(stats),
          lastTerm: stats?.LastTerm ?? before.lastTerm,
          lastIndex: stats?.LastIndex ?? before.lastIndex,
          stableSinceMs: changed ? runtime.clock.wallMs() : before.stableSinceMs,
        };
      }),
    );
    if (this.#stopped || term !== this.#term) return;
    this.#health = new Map(views.map((view) => [view.id, view]));
    const { metrics } = this.#context;
    metrics.gauge('autopilot.healthy')(views.every((v) => v.healthy) ? 1 : 0);
    metrics.gauge('autopilot.failure_tolerance')(failureTolerance(views));
    const { lastLogIndex } = raft.stats();
    for (const { id, lastIndex } of views) {
      metrics.gauge('raft.peer.lag', { peer_id: id })(Math.max(0, lastLogIndex - lastIndex));
    }
  }

  async #statsOf(server: ServerHealthView): Promise<RaftStats | null> {
    const { raft, nodeId, runtime } = this.#context;
    if (server.id === nodeId) {
      const own = raft.stats();
      return { LastContact: '0', LastTerm: own.lastLogTerm, LastIndex: own.lastLogIndex };
    }
    try {
      const { reply } = await withDeadline(runtime.clock, healthIntervalMs, (signal) =>
        this.#forwarder.ask(server.address, 'Status.RaftStats', {}, signal),
      );
      return reply;
    } catch {
      return null;
    }
  }

  #isHealthy(server: ServerHealthView, stats: RaftStats, config: AutopilotConfig): boolean {
    const own = this.#context.raft.stats();
    if (server.leader) return true;
    if (contactMs(stats) > config.LastContactThreshold / 1e6) return false;
    if (stats.LastTerm !== own.lastLogTerm) return false;
    return own.lastLogIndex - stats.LastIndex <= config.MaxTrailingLogs;
  }

  async #reconcile(): Promise<void> {
    const config = getAutopilot(this.#context.store.state);
    if (config === undefined) return;
    await this.#promote(config);
    if (config.CleanupDeadServers) await this.#prune(config);
  }

  /** One vote at a time. */
  async #promote(config: AutopilotConfig): Promise<void> {
    const { runtime, raft, logger } = this.#context;
    const now = runtime.clock.wallMs();
    const candidate = this.servers().find(
      (s) =>
        !s.voter &&
        s.healthy &&
        now - s.stableSinceMs >= config.ServerStabilizationTime / 1e6 &&
        s.member !== undefined &&
        serverInfo(s.member)?.voter === true,
    );
    if (candidate === undefined) return;
    logger
      .named('autopilot')
      .info('Promoting server', { id: candidate.id, address: candidate.address, name: candidate.name });
    await raft.changeConfiguration({ kind: 'addVoter', id: candidate.id, address: candidate.address });
  }

  /** Failed servers go once a majority of the rest is there, and never below the smallest quorum wished for. */
  async #prune(config: AutopilotConfig): Promise<void> {
    const all = this.servers();
    const dead = all.filter((s) => !s.leader && s.member?.status === 'failed');
    const voters = all.filter((s) => s.voter);
    const deadVoters = dead.filter((s) => s.voter);
    for (const server of dead) {
      if (server.voter) {
        const staysBig = voters.length - deadVoters.length >= config.MinQuorum;
        if (!staysBig || deadVoters.length >= voters.length / 2) continue;
      }
      this.#context.logger
        .named('autopilot')
        .info('Attempting removal of failed server node', { id: server.id, name: server.name });
      await removePeer(this.#context, server.id);
    }
  }

  /** Again and again, that long after the end of the last time, for this term of leadership. */
  #every(intervalMs: number, run: () => Promise<void>): void {
    const term = this.#term;
    const again = (): void => {
      if (this.#stopped || term !== this.#term) return;
      const timer = this.#context.runtime.clock.after(intervalMs, () => {
        this.#timers = this.#timers.filter((t) => t !== timer);
        void run().then(again);
      });
      this.#timers.push(timer);
    };
    again();
  }

  async #guarded(what: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (!this.#stopped) this.#context.logger.named('autopilot').error(what, { error: messageOf(error) });
    }
  }
}

/** How many voters may fail before a quorum is lost. */
export function failureTolerance(all: readonly ServerHealthView[]): number {
  const voters = all.filter((server) => server.voter);
  const quorum = Math.floor(voters.length / 2) + 1;
  return Math.max(0, voters.filter((server) => server.healthy).length - quorum);
}

function contactMs(stats: RaftStats): number {
  if (stats.LastContact === '0') return 0;
  if (stats.LastContact === 'never') return Number.POSITIVE_INFINITY;
  return parseDurationMs(stats.LastContact);
}
