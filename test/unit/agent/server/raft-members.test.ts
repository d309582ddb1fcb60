import { expect, it } from 'vitest';
import type { Member } from '../../../../src/agent/gossip/member.ts';
import type { ServerContext } from '../../../../src/agent/server/context.ts';
import { addServer } from '../../../../src/agent/server/leader/raft-members.ts';
import { silentLogger } from '../../../silent.ts';

const member = (raftVsn: string): Member => ({
  ...{ name: 'two', address: '10.0.0.2', port: 8301, status: 'alive' },
  tags: {
    ...{ role: 'consul', dc: 'dc1', id: 'id2', port: '8300', vsn: '2', build: '1.10.7' },
    ...(raftVsn !== '' && { raft_vsn: raftVsn }),
  },
  protocol: { min: 1, max: 5, current: 2 },
  delegate: { min: 2, max: 5, current: 4 },
});

async function added(raftVsn: string) {
  const changes: unknown[] = [];
  const errors: unknown[] = [];
  const context = {
    ...{ nodeId: 'id1', nodeName: 'one', config: { datacenter: 'dc1' } },
    logger: { ...silentLogger, error: (message: string) => errors.push(message) },
    raft: {
      stats: () => ({ configuration: { servers: [{ suffrage: 'voter', id: 'id1', address: '10.0.0.1:8300' }] } }),
      changeConfiguration: async (change: unknown) => changes.push(change),
    },
  } as unknown as ServerContext;
  await addServer(context, member(raftVsn));
  return { changes, errors };
}

it('a server that speaks our Raft gets a place', async () => {
  const change = { kind: 'addNonvoter', id: 'id2', address: '10.0.0.2:8300' };
  expect(await added('3')).toEqual({ changes: [change], errors: [] });
});

it.each(['', '1', '2', '4'])('one with Raft protocol %j gets none, and why is said', async (raftVsn) => {
  const error = 'Member speaks a Raft protocol that is not supported, not adding Raft peer.';
  expect(await added(raftVsn)).toEqual({ changes: [], errors: [error] });
});
