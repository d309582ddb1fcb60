/** Keeps the catalog true to gossip: members that live are registered and healthy, failed ones critical, left ones gone. */
import { type HealthCheck, HealthCheck as HealthCheckSchema, NodeService } from '../../../structs/catalog.ts';
import { make } from '../../../structs/make.ts';
import { type Member, serverInfo } from '../../gossip/member.ts';
import { getCheck } from '../../state/checks.ts';
import { equal } from '../../state/equal.ts';
import { getNode } from '../../state/nodes.ts';
import { fold } from '../../state/schema.ts';
import { getService } from '../../state/services.ts';
import type { ServerContext } from '../context.ts';
import { addServer, removeServer } from './raft-members.ts';

export const serfHealth = 'serfHealth';
const aliveOutput = 'Agent alive and reachable';
const failedOutput = 'Agent not live or unreachable';

/** Every member, and what is still registered of members that nobody remembers. */
export async function reconcileAll(context: ServerContext): Promise<void> {
  const startMs = context.runtime.clock.nowMs();
  await reconcileMembers(context);
  const known = new Set(context.members().map((member) => fold(member.name)));
  for (const node of context.store.state.tables.nodes.rows.values()) {
    const check = getCheck(context.store.state, node.Node, serfHealth);
    if (check !== undefined && !known.has(fold(node.Node))) await deregister(context, node.Node, 'reaped');
  }
  context.metrics.sample('leader.reconcile')(context.runtime.clock.nowMs() - startMs);
}

export async function reconcileMembers(context: ServerContext): Promise<void> {
  for (const member of context.members()) await reconcileMember(context, member);
}

export async function reconcileMember(context: ServerContext, member: Member): Promise<void> {
  const startMs = context.runtime.clock.nowMs();
  if (member.status === 'alive') await joined(context, member);
  else if (member.status === 'failed') await failed(context, member);
  else if (member.status === 'left') await left(context, member);
  context.metrics.sample('leader.reconcileMember')(context.runtime.clock.nowMs() - startMs);
}

const healthCheck = (member: Member, Status: string, Output: string): HealthCheck =>
  make(HealthCheckSchema, { Node: member.name, CheckID: serfHealth, Name: 'Serf Health Status', Status, Output });

async function joined(context: ServerContext, member: Member): Promise<void> {
  await addServer(context, member);
  const { state } = context.store;
  const service = serverService(context, member);
  const node = getNode(state, member.name);
  if (
    node !== undefined &&
    node.Address === member.address &&
    getCheck(state, member.name, serfHealth)?.Status === 'passing'
  ) {
    if (service === null) return;
    const registered = getService(state, member.name, service.ID)?.Service;
    if (registered !== undefined && registered.Port === service.Port && equal(registered.Meta, service.Meta)) return;
  }
  context.logger.info('member joined, marking health alive', { member: member.name });
  await register(context, member, healthCheck(member, 'passing', aliveOutput), service);
}

async function failed(context: ServerContext, member: Member): Promise<void> {
  const { state } = context.store;
  const node = getNode(state, member.name);
  if (node === undefined) {
    context.logger.info('ignoring failed event for member because it does not exist in the catalog', {
      member: member.name,
    });
    return;
  }
  const check = getCheck(state, member.name, serfHealth);
  if (node.Address === member.address && check?.Status === 'critical') return;
  context.logger.info('member failed, marking health critical', { member: member.name });
  await register(context, member, healthCheck(member, 'critical', failedOutput), null);
}

async function left(context: ServerContext, member: Member): Promise<void> {
  // A server does not deregister itself: who leads next will.
  if (fold(member.name) === fold(context.nodeName)) {
    context.logger.warn('deregistering self should be done by follower', { name: context.nodeName });
    return;
  }
  await removeServer(context, member);
  if (getNode(context.store.state, member.name) !== undefined) await deregister(context, member.name, 'left');
}

async function deregister(context: ServerContext, node: string, reason: string): Promise<void> {
  context.logger.info('deregistering member', { member: node, reason });
  await context.propose('deregister', {
    Datacenter: context.config.datacenter,
    Node: node,
    ServiceID: '',
    CheckID: '',
    Token: '',
  });
}

async function register(
  context: ServerContext,
  member: Member,
  check: HealthCheck,
  service: NodeService | null,
): Promise<void> {
  await context.propose('register', {
    Datacenter: context.config.datacenter,
    ID: member.tags['id'] ?? '',
    Node: member.name,
    Address: member.address,
    TaggedAddresses: null,
    NodeMeta: null,
    Service: service,
    Check: check,
    Checks: null,
    // The node's own agent knows its addresses and metadata better.
    SkipNodeUpdate: true,
    Token: '',
    CreateIndex: 0,
    ModifyIndex: 0,
  });
}

/** The service `consul` by which servers are found. */
function serverService(context: ServerContext, member: Member): NodeService | null {
  const tags = serverInfo(member);
  if (tags === null || tags.datacenter !== context.config.datacenter) return null;
  return make(NodeService, {
    ID: 'consul',
    Service: 'consul',
    Port: tags.port,
    Weights: { Passing: 1, Warning: 1 },
    Meta: {
      non_voter: String(!tags.voter),
      raft_version: tags.raftVersion,
      read_replica: String(!tags.voter),
      serf_protocol_current: String(member.protocol.current),
      serf_protocol_min: String(member.protocol.min),
      serf_protocol_max: String(member.protocol.max),
      version: tags.build,
    },
  });
}
