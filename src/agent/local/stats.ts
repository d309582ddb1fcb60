/** The figures of this node in agent/self and `info`: every value a text, under Consul's names. */
import { availableParallelism } from 'node:os';
import { formatDurationMs } from '../../lib/duration.ts';
import type { Cluster } from '../cluster.ts';
import type { Config } from '../config/config.ts';
import type { RaftStats } from '../raft/api.ts';

type Section = Readonly<Record<string, string>>;

export interface StatsOptions {
  readonly config: Config;
  readonly version: string;
  readonly local: {
    readonly monitors: number;
    readonly ttls: number;
    readonly checks: number;
    readonly services: number;
  };
  readonly cluster: Pick<Cluster, 'server' | 'lan' | 'wan' | 'knownServers'>;
}

export function agentStats({ config, version, cluster, local }: StatsOptions): Readonly<Record<string, Section>> {
  const { server, lan, wan } = cluster;
  if (server === null) {
    return {
      agent: localSection(local),
      build: { prerelease: '', revision: '', version },
      consul: {
        acl: config.acl.enabled ? 'enabled' : 'disabled',
        known_servers: String(cluster.knownServers()),
        server: 'false',
      },
      runtime: runtimeSection(),
      serf_lan: lan.stats(),
    };
  }
  return {
    agent: localSection(local),
    build: { prerelease: '', revision: '', version },
    consul: {
      acl: config.acl.enabled ? 'enabled' : 'disabled',
      bootstrap: String(config.bootstrap),
      known_datacenters: String(knownDatacenters(cluster)),
      leader: String(server.isLeader()),
      leader_addr: server.leaderAddress(),
      server: 'true',
    },
    raft: raftSection(server.raftStats(), config.raft.protocol),
    runtime: runtimeSection(),
    serf_lan: lan.stats(),
    ...(wan === null ? {} : { serf_wan: wan.stats() }),
  };
}

const localSection = ({ monitors, ttls, checks, services }: StatsOptions['local']): Section => ({
  check_monitors: String(monitors),
  check_ttls: String(ttls),
  checks: String(checks),
  services: String(services),
});

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

function raftSection(stats: RaftStats, protocol: number): Section {
  const { servers } = stats.configuration;
  const listed = servers.map(
    ({ suffrage, id, address }) => `{Suffrage:${capital(suffrage)} ID:${id} Address:${address}}`,
  );
  const voters = servers.filter(({ suffrage }) => suffrage === 'voter').length;
  const { lastContactMs } = stats;
  return {
    applied_index: String(stats.appliedIndex),
    commit_index: String(stats.commitIndex),
    fsm_pending: String(stats.fsmPending),
    last_contact: lastContactMs === null ? 'never' : lastContactMs === 0 ? '0' : formatDurationMs(lastContactMs),
    last_log_index: String(stats.lastLogIndex),
    last_log_term: String(stats.lastLogTerm),
    last_snapshot_index: String(stats.lastSnapshotIndex),
    last_snapshot_term: String(stats.lastSnapshotTerm),
    latest_configuration: `[${listed.join(' ')}]`,
    latest_configuration_index: String(stats.configurationIndex),
    num_peers: String(Math.max(0, voters - 1)),
    protocol_version: String(protocol),
    protocol_version_max: '3',
    protocol_version_min: '0',
    snapshot_version_max: '1',
    snapshot_version_min: '0',
    state: capital(stats.role),
    term: String(stats.term),
  };
}

/** What runs here has no goroutines; handles that keep the event loop busy are the nearest thing. */
const runtimeSection = (): Section => ({
  arch: process.arch === 'x64' ? 'amd64' : process.arch,
  cpu_count: String(availableParallelism()),
  goroutines: String(process.getActiveResourcesInfo().length),
  max_procs: String(availableParallelism()),
  os: process.platform,
  version: process.version,
});

function knownDatacenters({ lan, wan }: Pick<Cluster, 'lan' | 'wan'>): number {
  const members = [...lan.members(), ...(wan?.members() ?? [])];
  return new Set(members.map((member) => member.tags['dc'])).size;
}
