/** When servers that wait for each other take their first configuration. */
import { expect, it } from 'vitest';
import type { Member } from '../../../../src/agent/gossip/member.ts';
import type { Configuration } from '../../../../src/agent/raft/api.ts';
import type { Forwarder } from '../../../../src/agent/rpc/forwarder.ts';
import { Bootstrapper } from '../../../../src/agent/server/bootstrap.ts';
import type { ServerContext } from '../../../../src/agent/server/context.ts';
import type { Logger } from '../../../../src/agent/telemetry/api.ts';
import { silentLogger } from '../../../silent.ts';
import { Process, World } from '../../../sim/world.ts';

const server = (n: number): Member => ({
  name: `s${n}`,
  address: `10.0.0.${n}`,
  port: 8301,
  status: 'alive',
  tags: {
    role: 'consul',
    dc: 'dc1',
    id: `id${n}`,
    port: '8300',
    vsn: '2',
    build: '1.10.7',
    raft_vsn: '3',
    expect: '3',
  },
  protocol: { min: 1, max: 5, current: 2 },
  delegate: { min: 2, max: 5, current: 4 },
});

function waiting(members: Member[], logger: Logger = silentLogger) {
  let taken: Configuration | null = null;
  const world = new World(1);
  const process = new Process(world, 'server');
  const context = {
    nodeId: 'id1',
    config: { bootstrapExpect: 3, datacenter: 'dc1' },
    members: () => members,
    logger,
    runtime: process.runtime,
    raft: {
      stats: () => ({ lastLogIndex: 0, term: 0, configuration: { servers: [] } }),
      bootstrap: (configuration: Configuration) => {
        taken = configuration;
      },
    },
  } as unknown as ServerContext;
  const forwarder = { ask: async () => ({ reply: [] }) } as unknown as Forwarder;
  return { bootstrapper: new Bootstrapper(context, forwarder), taken: () => taken, world };
}

it('counts servers that arrive while it is still looking', async () => {
  const members = [server(1)];
  const { bootstrapper, taken } = waiting(members);
  // Both come with the same packet; after that nothing happens in the pool any more.
  for (const n of [2, 3]) {
    members.push(server(n));
    bootstrapper.maybe();
  }
  await new Promise((done) => setImmediate(done));
  expect(taken()).toMatchObject({ servers: [{ id: 'id1' }, { id: 'id2' }, { id: 'id3' }] });
});

it('begins nothing with a server that speaks another Raft', async () => {
  const errors: unknown[] = [];
  const logger = { ...silentLogger, error: (...said: unknown[]) => errors.push(said) };
  const old = server(3);
  const { bootstrapper, taken } = waiting(
    [server(1), server(2), { ...old, tags: { ...old.tags, raft_vsn: '2' } }],
    logger,
  );
  bootstrapper.maybe();
  await new Promise((done) => setImmediate(done));
  expect(taken()).toBeNull();
  expect(errors).toEqual([
    ['Member speaks a Raft protocol that is not supported. Expect disabled.', { member: 's3', raft_version: '2' }],
  ]);
});

it('says whom it waits for when nothing comes of it', async () => {
  const told: unknown[] = [];
  const logger: Logger = { ...silentLogger, named: () => logger, warn: (...said: unknown[]) => told.push(said) };
  const { bootstrapper, world } = waiting([server(1), server(2)], logger);
  bootstrapper.maybe();
  await world.run(() => false, 9_000);
  expect(told).toEqual([]);
  await world.run(() => false, 11_000);
  expect(told).toEqual([['no known peers, aborting election', { servers: 2, bootstrap_expect: 3 }]]);
});
