/** What happens to a cluster of cores from outside: writes and reads, crashes, cuts, changes of members, snapshots. */
import type { Cluster, Server } from './cluster.ts';
import { cutPairs, cutStyles } from './partition.ts';
import type { Stream } from './prng.ts';
import { recurring } from './recurring.ts';

/** Begins everything that comes again and again, each on its own clock, until the weather is calm. */
export function storm(cluster: Cluster, random: Stream): void {
  const { options, servers } = cluster;
  let op = 0;
  let readToken = 0;
  const every = recurring(cluster, cluster, random);
  every(20, () => cluster.proposeText(`op ${++op}`));
  every(options.readEveryMs, () => {
    // Ask everybody who believes to lead: a deposed one must not confirm.
    for (const server of servers) {
      if (server.core?.role !== 'leader') continue;
      const token = ++readToken;
      cluster.reads.set(token, cluster.checker.highestCommitted);
      if (server.core.leaseUntilMs > cluster.nowMs) {
        cluster.sometime('read by lease');
        cluster.checker.readConfirmed(server.peer.id, server.core.appliedIndex, cluster.checker.highestCommitted);
      }
      cluster.step(server, { kind: 'verifyLeader', token });
    }
  });
  every(options.crashEveryMs, () => cluster.crash(random.pick(servers)));
  every(options.cutEveryMs, () => cutSomebody(cluster, random));
  every(options.refuseEveryMs, () => refuse(cluster, random));
  every(options.transferEveryMs, () => {
    const leader = cluster.leader();
    const outcome = leader && cluster.step(leader, { kind: 'transferLeadership', to: '' })?.outcome;
    if (outcome?.ok) cluster.sometime('leadership transfer');
  });
  every(options.changeEveryMs, () => changeMembers(cluster, random));
  every(options.snapshotEveryMs, () => snapshot(cluster, random.pick(servers), random));
}

function cut(cluster: Cluster, pairs: readonly string[], meanMs: number, random: Stream): void {
  cluster.trace(`cut ${pairs.join(', ')}`);
  for (const pair of pairs) cluster.cut.add(pair);
  cluster.after(random.around(meanMs), () => {
    for (const pair of pairs) cluster.cut.delete(pair);
  });
}

const idsOf = ({ servers }: Cluster): string[] => servers.map(({ peer }) => peer.id);

function cutSomebody(cluster: Cluster, random: Stream): void {
  const lonely = random.pick(cluster.servers).peer.id;
  const style = random.pick(cutStyles);
  cluster.sometime(`network cut: ${style}`);
  cut(cluster, cutPairs(style, idsOf(cluster), lonely), 3000, random);
}

/**
 * Connections to a leader that lives are refused, as by a firewall, for some of the others or for all: they take it for gone while it
 * may still answer reads.
 */
function refuse(cluster: Cluster, random: Stream): void {
  const leader = cluster.leader();
  if (!leader) return;
  const { id } = leader.peer;
  if (random.chance(0.7)) cut(cluster, cutPairs('isolate', idsOf(cluster), id), 1000, random);
  for (const server of cluster.servers) {
    if (random.chance(0.2)) continue;
    cluster.after(random.around(5), () => {
      if (server.core?.leader?.id === id && server !== leader) cluster.sometime('living leader taken for gone');
      cluster.step(server, { kind: 'leaderGone', id });
    });
  }
}

function changeMembers(cluster: Cluster, random: Stream): void {
  const leader = cluster.leader();
  if (!leader) return;
  const { id, address } = random.pick(cluster.servers).peer;
  const kind = random.pick(['addVoter', 'addNonvoter', 'demoteVoter', 'removeServer'] as const);
  const change = kind === 'addVoter' || kind === 'addNonvoter' ? { kind, id, address } : { kind, id };
  const outcome = cluster.step(leader, { kind: 'changeConfiguration', change, prevIndex: 0 })?.outcome;
  if (outcome?.ok) cluster.sometime(`configuration change: ${kind}`);
}

function snapshot(cluster: Cluster, server: Server, random: Stream): void {
  const { core, store } = server;
  if (!core || core.appliedIndex <= (server.snapshot?.index ?? 0)) return;
  const { configuration, index: configurationIndex } = core.committedConfiguration;
  const term = core.log.term(core.appliedIndex);
  if (term === undefined) return;
  cluster.sometime('snapshot taken');
  const point = { index: core.appliedIndex, term, configuration, configurationIndex };
  server.snapshot = point;
  const through = Math.max(0, core.appliedIndex - random.int(20));
  // The store may be behind what is applied only by what it writes just now; it never is on this server.
  void store.compact(Math.min(through, store.lastIndex));
  cluster.step(server, {
    kind: 'compacted',
    snapshot: point,
    firstIndex: Math.max(store.firstIndex, core.log.firstIndex),
  });
}
