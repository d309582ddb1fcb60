/** Keeps the Raft configuration true to the pool: servers that come are added, those that left are removed, one at a time. */
import { messageOf } from '../../../lib/message-of.ts';
import { type Member, serverInfo, speaksOurRaft } from '../../gossip/member.ts';
import { BadConfigurationChange } from '../../raft/errors.ts';
import type { ServerContext } from '../context.ts';

/** How long a leader that leaves waits for the next one, and a follower for its removal. */
const handOverMs = 2_000;
const removalGraceMs = 5_000;
const pollMs = 50;
const ownAddressServers = 3;

/** A server is in the pool: it gets a place without a vote; autopilot gives it one once it is stable. */
export async function addServer(context: ServerContext, member: Member): Promise<void> {
  const server = serverInfo(member);
  const { raft, config, logger } = context;
  if (server === null || server.datacenter !== config.datacenter) return;
  if (server.bootstrap && member.name !== context.nodeName && anotherBootstraps(context, member)) {
    logger.error('Two nodes are in bootstrap mode. Only one node should be in bootstrap mode, not adding Raft peer.', {
      node_to_add: member.name,
    });
    return;
  }
  if (!speaksOurRaft(server)) {
    const fields = { node_to_add: member.name, raft_version: server.raftVersion };
    logger.error('Member speaks a Raft protocol that is not supported, not adding Raft peer.', fields);
    return;
  }
  const { servers } = raft.stats().configuration;
  // Its own address a leader corrects only where others can outvote a mistake.
  if (server.id === context.nodeId && servers.length < ownAddressServers) return;
  const same = servers.find((s) => s.id === server.id);
  if (same?.address === server.address) return;
  // An address that another id used to have: that server was replaced.
  const former = servers.find((s) => s.address === server.address && s.id !== server.id);
  if (former !== undefined) {
    await raft.changeConfiguration({ kind: 'removeServer', id: former.id });
    logger.info('removed server with duplicate address', { address: server.address });
  }
  logger.info('adding server to cluster', { id: server.id, address: server.address });
  const kind = same?.suffrage === 'voter' ? 'addVoter' : 'addNonvoter';
  await raft.changeConfiguration({ kind, id: server.id, address: server.address });
}

/** A server left for good. */
export async function removeServer(context: ServerContext, member: Member): Promise<void> {
  const server = serverInfo(member);
  if (server === null || server.datacenter !== context.config.datacenter) return;
  await removePeer(context, server.id);
}

/** @throws BadConfigurationChange when it cannot be removed now */
export async function removePeer(context: ServerContext, id: string): Promise<void> {
  const { raft, logger } = context;
  if (!raft.stats().configuration.servers.some((s) => s.id === id)) return;
  logger.info('removing server by ID', { id });
  await raft.changeConfiguration({ kind: 'removeServer', id });
}

/**
 * This server leaves: a leader with others beside it hands over first; then it is the next leader's to remove it. Alone it keeps its
 * place, to be there again after a restart.
 */
export async function leaveRaft(context: ServerContext): Promise<void> {
  const { raft, logger } = context;
  if (!raft.leadership.isLeader || isAlone(context)) return;
  try {
    await raft.transferLeadership('');
  } catch (error) {
    // Nothing of this may keep a server from leaving: a transfer may be under way, or leadership lost by now.
    logger.warn('failed to hand over leadership', { error: messageOf(error) });
    if (error instanceof BadConfigurationChange) return;
  }
  await until(context, handOverMs, () => !raft.leadership.isLeader);
}

/** Waits until the leader has removed this server, which has left, but not forever. */
export async function removedFromRaft(context: ServerContext): Promise<void> {
  const { raft, nodeId, logger } = context;
  if (raft.leadership.isLeader || isAlone(context)) return;
  const removed = (): boolean => !raft.stats().configuration.servers.some(({ id }) => id === nodeId);
  if (await until(context, removalGraceMs, removed)) return;
  logger.warn('failed to leave raft configuration gracefully, timeout');
}

const isAlone = ({ raft, nodeId }: ServerContext): boolean =>
  raft.stats().configuration.servers.every((server) => server.id === nodeId);

/** False when the time was up first. */
async function until({ runtime: { clock } }: ServerContext, limitMs: number, done: () => boolean): Promise<boolean> {
  const deadlineMs = clock.nowMs() + limitMs;
  while (!done()) {
    if (clock.nowMs() >= deadlineMs) return false;
    await new Promise<void>((resolve) => clock.after(pollMs, resolve));
  }
  return true;
}

function anotherBootstraps(context: ServerContext, member: Member): boolean {
  return context.members().some((other) => {
    const info = serverInfo(other);
    return info?.bootstrap === true && info.id !== member.tags['id'] && info.datacenter === context.config.datacenter;
  });
}
