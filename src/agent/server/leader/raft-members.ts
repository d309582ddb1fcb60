/** Keeps the Raft configuration true to the pool: servers that come are added, those that left are removed, one at a time. */
import { type Member, serverInfo } from '../../gossip/member.ts';
import { BadConfigurationChange } from '../../raft/errors.ts';
import type { ServerContext } from '../context.ts';

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
  const { servers } = raft.stats().configuration;
  if (server.id === context.nodeId) return;
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
  const others = raft.stats().configuration.servers.filter((s) => s.id !== context.nodeId);
  if (!raft.leadership.isLeader || others.length === 0) return;
  try {
    await raft.transferLeadership('');
  } catch (error) {
    if (!(error instanceof BadConfigurationChange)) throw error;
    logger.warn('no server can take over leadership', { error: error.message });
  }
}

function anotherBootstraps(context: ServerContext, member: Member): boolean {
  return context.members().some((other) => {
    const info = serverInfo(other);
    return info?.bootstrap === true && info.id !== member.tags['id'] && info.datacenter === context.config.datacenter;
  });
}
