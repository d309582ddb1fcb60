/**
 * What a leader does and others do not: start-up writes, session timers, tombstones, and keeping the catalog true to
 * the members of the pool. Begins and ends with leadership.
 */
import { messageOf } from '../../../lib/message-of.ts';
import type { Timer } from '../../../lib/runtime.ts';
import { newLeaderEvent } from '../../events/user-event.ts';
import type { Member } from '../../gossip/member.ts';
import { NotLeader } from '../../raft/errors.ts';
import { getAutopilot, getMetadata } from '../../state/operator.ts';
import { maxIndex } from '../../state/store.ts';
import { reportIntervalMs as caReportIntervalMs, pruneIntervalMs } from '../ca/authority.ts';
import type { ServerContext } from '../context.ts';
import { initializeAcls, reapIntervalMs, reapTokens, TokenUpgrade } from './acl.ts';
import { createBootstrapEntries } from './bootstrap-entries.ts';
import { MemberQueue } from './member-queue.ts';
import { firstReportMs, MeshGatewayReporter, reportIntervalMs, statePruneIntervalMs } from './mesh-gateways.ts';
import { reconcileAll, reconcileMember, reconcileMembers } from './reconcile.ts';

const reconcileIntervalMs = 60_000;
const establishRetryMs = 1_000;
const foundingRetryMs = 10;
const caRetryMs = 10_000;
/** Listings older than this are not waited on any more. */
const tombstoneTtlMs = 15 * 60_000;
const tombstoneGranularityMs = 30_000;

export interface LeadershipDutiesOptions {
  readonly context: ServerContext;
  /** All that was committed by former leaders is applied here: reads may be answered. */
  readonly onReady: () => void;
}

/** One term of leadership. */
export class LeadershipDuties {
  readonly #context: ServerContext;
  readonly #onReady: () => void;
  #timers = new Set<Timer>();
  #stopped = false;
  #reapedIndex = 0;
  #established = false;
  #establishing: Promise<void> = Promise.resolve();
  readonly #news: MemberQueue;
  readonly #tokenUpgrade: TokenUpgrade;

  constructor({ context, onReady }: LeadershipDutiesOptions) {
    this.#context = context;
    this.#onReady = onReady;
    this.#tokenUpgrade = new TokenUpgrade(context);
    this.#news = new MemberQueue({
      clock: context.runtime.clock,
      reconcile: (member) => reconcileMember(context, member),
      onError: (error) => context.logger.error('failed to reconcile member', { error: messageOf(error) }),
    });
  }

  start(): void {
    this.#context.logger.info('cluster leadership acquired');
    this.#context.metrics.counter('leader.establish')();
    this.#announce();
    this.#establishing = this.#establish();
  }

  /** Every agent of the datacenter hears who leads. */
  #announce(): void {
    const { pools, nodeName } = this.#context;
    pools.lan().userEvent(newLeaderEvent, new TextEncoder().encode(nodeName), false);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#news.stop();
    this.#tokenUpgrade.stop();
    this.#context.sessionTimers.stop();
    this.#context.autopilot.stop();
    this.#context.replication.stop();
  }

  /** The state was replaced by a snapshot: what depends on it is set up again. */
  redo(): void {
    this.#establishing = this.#establishing.then(() => this.#establish());
  }

  /** Resolves when nothing is being set up; never rejects. */
  established(): Promise<void> {
    return this.#establishing;
  }

  /** Gossip says that something about a member changed. */
  memberChanged(member: Member): void {
    this.#news.add(member);
  }

  async #establish(): Promise<void> {
    if (this.#stopped) return;
    const { raft, store, logger, sessionTimers } = this.#context;
    try {
      await raft.barrier();
      if (this.#stopped) return;
      await this.#foundingWrites();
      if (this.#stopped) return;
      this.#onReady();
      sessionTimers.start(store.state);
      await initializeAcls(this.#context);
      await createBootstrapEntries(this.#context);
      if (this.#stopped) return;
      // After a restore, agents of before may still be on their way to this cluster: they and what they hold have until the
      // next round.
      await (this.#established ? reconcileMembers : reconcileAll)(this.#context);
    } catch (error) {
      if (this.#stopped) return;
      // It leads, but not all that found the cluster have heard of it: they will, in milliseconds.
      const isFounding = error instanceof NotLeader && raft.leadership.isLeader;
      if (!isFounding) logger.error('failed to establish leadership', { error: messageOf(error) });
      this.#after(isFounding ? foundingRetryMs : establishRetryMs, () => void this.#establish());
      return;
    }
    if (this.#stopped || this.#established) return;
    this.#established = true;
    this.#news.open();
    this.#context.autopilot.start();
    this.#context.replication.start();
    this.#watchTombstones();
    this.#every(reconcileIntervalMs, 'failed to reconcile', () => reconcileAll(this.#context));
    const gateways = new MeshGatewayReporter(this.#context);
    const report = (): Promise<void> => gateways.report();
    this.#after(firstReportMs, () => void this.#guarded('failed to report mesh gateways', report));
    this.#every(reportIntervalMs, 'failed to report mesh gateways', report);
    this.#every(statePruneIntervalMs, 'failed to prune federation states', () => gateways.prune());
    if (this.#context.acl !== null) {
      this.#tokenUpgrade.start();
      this.#every(reapIntervalMs, 'failed to reap expired tokens', () => reapTokens(this.#context));
    }
    if (this.#context.config.connect.enabled) {
      this.#every(pruneIntervalMs, 'failed to prune CA roots', () => this.#context.ca.prune());
      this.#every(caReportIntervalMs, 'failed to report on the CA', async () => this.#context.ca.report());
    }
  }

  /** What every cluster has from its first leader on. They come before whatever waits for a leader. */
  async #foundingWrites(): Promise<void> {
    const { config, store, propose } = this.#context;
    const request = { Datacenter: config.datacenter, Token: '' };
    if (getAutopilot(store.state) === undefined) {
      await propose('autopilot', {
        ...request,
        CAS: false,
        Config: {
          CleanupDeadServers: config.autopilot.cleanupDeadServers,
          LastContactThreshold: config.autopilot.lastContactThresholdMs * 1e6,
          MaxTrailingLogs: config.autopilot.maxTrailingLogs,
          MinQuorum: config.autopilot.minQuorum,
          ServerStabilizationTime: config.autopilot.serverStabilizationTimeMs * 1e6,
          RedundancyZoneTag: '',
          DisableUpgradeMigration: false,
          UpgradeVersionTag: '',
          CreateIndex: 0,
          ModifyIndex: 0,
        },
      });
    }
    if (config.connect.enabled) await this.#initializeCa();
    if (config.connect.enabled && getMetadata(store.state, 'intention-format') === undefined) {
      await propose('systemMetadata', {
        ...request,
        Op: 'upsert',
        Entry: { Key: 'intention-format', Value: 'config-entry', CreateIndex: 0, ModifyIndex: 0 },
      });
    }
  }

  /** A leader without a certificate authority is better than none: it goes on, and tries again. */
  async #initializeCa(): Promise<void> {
    try {
      await this.#context.ca.initialize();
    } catch (error) {
      if (this.#stopped) return;
      this.#context.logger.error('Failed to initialize Connect CA', { error: messageOf(error) });
      this.#after(caRetryMs, () => void this.#initializeCa());
    }
  }

  /** Again and again, that long after the end of the last time. */
  #every(pauseMs: number, failure: string, run: () => Promise<void>): void {
    this.#after(pauseMs, () => {
      void this.#guarded(failure, run).then(() => this.#every(pauseMs, failure, run));
    });
  }

  /** Every half minute the newest tombstone is noted, to be reaped with all before it when its time is over. */
  #watchTombstones(): void {
    this.#after(tombstoneGranularityMs, () => {
      const index = maxIndex(this.#context.store.state, 'tombstones');
      if (index > this.#reapedIndex) {
        this.#reapedIndex = index;
        this.#after(tombstoneTtlMs, () => void this.#reap(index));
      }
      this.#watchTombstones();
    });
  }

  #reap(ReapIndex: number): Promise<void> {
    return this.#guarded('failed to apply tombstone reap request', async () => {
      const { config, propose } = this.#context;
      await propose('tombstone', { Datacenter: config.datacenter, Op: 'reap', ReapIndex, Token: '' });
    });
  }

  async #guarded(what: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (!this.#stopped) this.#context.logger.error(what, { error: messageOf(error) });
    }
  }

  #after(delayMs: number, run: () => void): void {
    if (this.#stopped) return;
    const timer = this.#context.runtime.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }
}
