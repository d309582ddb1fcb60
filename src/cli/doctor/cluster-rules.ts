/** What the cluster's own answers say about its health. Pure. */
import type { AutopilotServerHealth, KeyringEntry } from '../../client/operator-types.ts';
import type { AgentMember, CatalogNode, HealthCheck } from '../../client/types.ts';
import { goQuote } from '../../lib/go-format.ts';
import { error, type Finding, note, ok, warning } from './finding.ts';

/** How many voters must agree, and how many may fail. */
export function checkQuorum(servers: readonly AutopilotServerHealth[]): Finding[] {
  const check = 'quorum';
  const voters = servers.filter(({ Voter }) => Voter);
  const alive = voters.filter(({ SerfStatus }) => SerfStatus === 'alive').length;
  const quorum = Math.floor(voters.length / 2) + 1;
  const facts = `${alive} of ${voters.length} voters alive, ${quorum} needed`;
  const dead = voters.filter(({ SerfStatus }) => SerfStatus !== 'alive').map(({ Name }) => Name || '?');
  if (alive < quorum) {
    return [
      error(check, `${facts}: nothing can be written`, `start ${dead.join(', ')} again, or: tc operator recover`),
    ];
  }
  const findings: Finding[] = [];
  if (voters.length === 1) {
    findings.push(warning(check, `${facts}: a single server, no failure is tolerated`, 'add two servers'));
  } else if (alive === quorum) {
    findings.push(warning(check, `${facts}: the next failure stops all writes`, fixOfDead(dead)));
  } else findings.push(ok(check, `${facts}: ${alive - quorum} more may fail`));
  if (voters.length > 1 && voters.length % 2 === 0) {
    findings.push(
      warning(
        check,
        `${voters.length} voters tolerate no more failures than ${voters.length - 1}`,
        'add a server, or take one off',
      ),
    );
  }
  return findings;
}

const fixOfDead = (dead: readonly string[]): string =>
  dead.length === 0 ? 'add a server' : `start ${dead.join(', ')} again, or: tc force-leave ${dead[0]}`;

/** Entries behind the leader from which on a server counts as lagging, and as lost. */
const lagWarning = 250;
const lagError = 10_000;

export function checkLag(servers: readonly AutopilotServerHealth[]): Finding[] {
  const check = 'raft lag';
  const alive = servers.filter(({ SerfStatus }) => SerfStatus === 'alive');
  const last = Math.max(0, ...alive.map(({ LastIndex }) => LastIndex));
  const lagging = alive.filter(({ LastIndex }) => last - LastIndex > lagWarning);
  if (lagging.length === 0)
    return [ok(check, `at most ${Math.max(0, ...alive.map((one) => last - one.LastIndex))} entries behind`)];
  return lagging.map(({ Name, LastIndex }) => {
    const behind = last - LastIndex;
    const fix = `look at disk and network of ${Name}: tc monitor -log-level=debug there`;
    return (behind > lagError ? error : warning)(check, `${Name} is ${behind} entries behind`, fix);
  });
}

export function checkVersions(servers: readonly AutopilotServerHealth[]): Finding[] {
  const versions = new Map<string, string[]>();
  for (const { Version, Name } of servers) versions.set(Version, [...(versions.get(Version) ?? []), Name]);
  if (versions.size <= 1)
    return [ok('versions', `all servers run ${[...versions.keys()].join('') || 'the same version'}`)];
  const list = [...versions].map(([version, names]) => `${version}: ${names.join(', ')}`).join('; ');
  return [warning('versions', `servers differ: ${list}`, 'finish the upgrade, one server at a time')];
}

const failed = 4;

export function checkMembers(members: readonly AgentMember[]): Finding[] {
  const dead = members.filter(({ Status }) => Status === failed);
  if (dead.length === 0) return [ok('members', `${members.length} known, none failed`)];
  return dead.map(({ Name }) => warning('members', `${Name} failed`, `start it again, or: tc force-leave ${Name}`));
}

/** Catalog entries that an agent made which is no member any more: nobody will ever take them away. */
export function checkOrphans(
  nodes: readonly CatalogNode[],
  checks: readonly HealthCheck[],
  members: readonly AgentMember[],
): Finding[] {
  const check = 'catalog';
  const known = new Set(members.map(({ Name }) => Name));
  const byAgents = new Set(checks.filter(({ CheckID }) => CheckID === 'serfHealth').map(({ Node }) => Node));
  const orphans = nodes.filter(({ Node }) => byAgents.has(Node) && !known.has(Node));
  if (orphans.length === 0) return [ok(check, `${nodes.length} nodes, none without its agent`)];
  return orphans.map(({ Node, Datacenter }) => {
    const body = JSON.stringify({ Datacenter, Node });
    const fix = `curl -X PUT -d '${body}' $CONSUL_HTTP_ADDR/v1/catalog/deregister`;
    return warning(check, `node ${goQuote(Node)} was registered by an agent that is no member any more`, fix);
  });
}

export function checkGossipKeys(rings: readonly KeyringEntry[]): Finding[] {
  const check = 'gossip keys';
  const partial = rings.flatMap(({ Keys, NumNodes, WAN, Datacenter }) =>
    Object.values(Keys ?? {})
      .filter((count) => count < NumNodes)
      .map((count) => `${WAN ? 'WAN' : Datacenter}: a key is on ${count} of ${NumNodes} nodes`),
  );
  if (partial.length > 0)
    return partial.map((text) => warning(check, text, 'tc keyring -list, then -install the key again'));
  const spare = rings.some(({ Keys }) => Object.keys(Keys ?? {}).length > 1);
  if (spare) return [note(check, 'more than one key is installed', 'after a rotation: tc keyring -remove OLD')];
  return [ok(check, 'every node has them')];
}

export interface KeySize {
  readonly key: string;
  readonly sizeBytes: number;
}

/** The limit of a value, unless the configuration says otherwise. */
const limitBytes = 512 * 1024;
export const largeValueBytes = 100 * 1024;
const shown = 5;

/** `large`: entries of more than `largeValueBytes`. */
export function checkKeySizes(large: readonly KeySize[], count: number): Finding[] {
  const check = 'key sizes';
  if (large.length === 0) return [ok(check, `${count} keys, none above ${largeValueBytes / 1024} KB`)];
  const sorted = [...large].sort((a, b) => b.sizeBytes - a.sizeBytes);
  const findings = sorted.slice(0, shown).map(({ key, sizeBytes }) => {
    const text = `${goQuote(key)} has ${Math.ceil(sizeBytes / 1024)} KB`;
    const fix = 'store it elsewhere and keep a reference here; every change of it is sent to all servers';
    return (sizeBytes > limitBytes ? error : warning)(check, text, fix);
  });
  if (sorted.length > shown) findings.push(warning(check, `and ${sorted.length - shown} more large keys`));
  return findings;
}

/** `skewMs`: the agent's clock minus ours; `roundTripMs` is how unsure that is. */
export function checkClock(skewMs: number, roundTripMs: number): Finding[] {
  const check = 'clock';
  const certain = Math.max(0, Math.abs(skewMs) - roundTripMs);
  const text = `the agent's clock is ${certain < 1 ? 'the same as here' : `${Math.round(certain)} ms ${skewMs > 0 ? 'ahead' : 'behind'}`}`;
  if (certain < 1000) return [ok(check, text)];
  return [warning(check, text, 'let a time service (chrony, systemd-timesyncd) keep both clocks')];
}
