/** A whole pool that strangers send packets and streams: as recorded with changes, and messages of Serf with other values in their frame. */

import { Keyring } from '../../../src/agent/gossip/memberlist/keyring.ts';
import { lanVeto } from '../../../src/agent/gossip/merge-rules.ts';
import {
  broadcastTimeoutMs,
  consulSerf,
  consulVsn,
  leavePropagateDelayMs,
  profiles,
} from '../../../src/agent/gossip/profiles.ts';
import {
  ConflictResponse,
  decodeSerf,
  encodeSerf,
  Join,
  KeyResponse,
  Leave,
  PushPull,
  prefixed,
  Query,
  QueryResponse,
  type SerfType,
  serfTypes,
  UserEvent,
} from '../../../src/agent/gossip/serf/messages.ts';
import { GossipPool } from '../../../src/agent/gossip/serf/pool.ts';
import { MsgpackError } from '../../../src/lib/msgpack/index.ts';
import type { Schema } from '../../../src/structs/schema.ts';
import { silentLogger, silentMetrics } from '../../silent.ts';
import { Network } from '../../sim/agents/network.ts';
import { Process, World } from '../../sim/world.ts';
import { memberlistVectors, serfVectors } from '../corpus.ts';
import type { Dice } from '../dice.ts';
import { mutateValue, poolOf } from '../mutate-value.ts';
import { holds, type Target, unlessRefused } from '../target.ts';

/** memberlist's type of a message that carries something of its user's. */
const userMessage = 8;
const [self, stranger] = ['10.0.0.1', '10.0.0.2'];
const port = 8301;

const schemas = {
  leave: Leave,
  join: Join,
  pushPull: PushPull,
  userEvent: UserEvent,
  query: Query,
  queryResponse: QueryResponse,
  conflictResponse: ConflictResponse,
  keyResponse: KeyResponse,
} as const satisfies Partial<Record<SerfType, unknown>>;
type Known = keyof typeof schemas;
const internalQueries = ['conflict', 'install-key', 'use-key', 'remove-key', 'list-keys', 'ping', ''];

export function gossipTarget(): Target {
  const serf = serfVectors();
  const recorded = serf.flatMap((bytes) => {
    const type = (Object.keys(schemas) as Known[]).find((name) => serfTypes[name] === bytes[0]);
    if (type === undefined) return [];
    const schema = schemas[type] as Schema<unknown>;
    const body = unlessRefused(() => decodeSerf(schema, bytes), Error);
    return body === undefined ? [] : [{ type, schema, body }];
  });
  const plain = { ID: 1, Addr: Uint8Array.of(10, 0, 0, 2), Port: port, SourceNode: 'x', Filters: null, Flags: 1 };
  const asked = internalQueries.map((name, i) => ({
    type: 'query' as const,
    schema: Query as Schema<unknown>,
    body: { LTime: 10 + i, ...plain, RelayFactor: 1, Timeout: 1e9, Name: `_serf_${name}`, Payload: Uint8Array.of(7) },
  }));
  const good = [...recorded, ...asked];
  const values = poolOf(good);
  const changed = (dice: Dice): Uint8Array | undefined => {
    const { type, schema, body } = dice.pick(good);
    const mutated = mutateValue(body, values, dice);
    return unlessRefused(() => prefixed(userMessage, encodeSerf(type, schema, mutated)), MsgpackError, TypeError);
  };
  return {
    corpus: [...memberlistVectors(), ...serf.map((message) => prefixed(userMessage, message))],
    words: internalQueries.map((name) => `_serf_${name}`),
    async run(input, dice) {
      const world = new World(1);
      const network = new Network(world, { loss: 0, repeat: 0, meanDelayMs: 0 });
      const pool = await startPool(world, network, dice.oneIn(4));
      const stream = dice.oneIn(4);
      for (let i = dice.int(3); i >= 0; i--) {
        const bytes = dice.oneIn(2) ? input : changed(dice);
        if (bytes === undefined) continue;
        if (stream) open(world, network, bytes);
        else network.machine(self).udp.get(port)?.arrive(Buffer.from(bytes), stranger, port);
      }
      await world.run(() => false, world.nowMs + 3000);
      holds(pool.local.status === 'alive', 'the pool lives on');
      holds(pool.members().length < 20, 'a few messages bring a few members');
      let stopped = false;
      void pool.stop().then(() => {
        stopped = true;
      });
      await world.run(() => stopped, world.nowMs + 60_000);
      holds(stopped, 'the pool stops');
    },
  };
}

async function startPool(world: World, network: Network, encrypted: boolean): Promise<GossipPool> {
  const process = new Process(world, 'pool');
  const known = { name: 'me', nodeId: 'id', datacenter: 'dc1' };
  let pool: GossipPool | null = null;
  void GossipPool.start({
    memberlist: { ...profiles.lan.memberlist, name: 'me', addr: Uint8Array.of(10, 0, 0, 1), port, vsn: consulVsn },
    serf: { ...consulSerf, name: 'me', retransmitMult: 4, gossipIntervalMs: 200 },
    bindHost: self,
    tcpTimeoutMs: 1000,
    broadcastTimeoutMs,
    leavePropagateDelayMs,
    tags: { role: 'consul', dc: 'dc1' },
    security: encrypted
      ? { ring: new Keyring([new Uint8Array(16)]), verifyIncoming: false, verifyOutgoing: false }
      : null,
    coordinates: true,
    sockets: network.socketsOf(self, process),
    runtime: process.runtime,
    logger: silentLogger,
    memberlistLogger: silentLogger,
    metrics: silentMetrics,
    events: {
      onMember: () => {},
      onUserEvent: () => {},
      onQuery: () => {},
      veto: (name, tags) => lanVeto(known, [{ name, tags, left: false }]),
      vetoAddress: () => false,
      vetoMerge: (members) => lanVeto(known, members),
      onKeyringChange: () => {},
    },
  }).then((started) => {
    pool = started;
  });
  await world.run(() => pool !== null, 10_000);
  return pool!;
}

function open(world: World, network: Network, bytes: Uint8Array): void {
  const process = new Process(world, 'stranger');
  const socket = network.socketsOf(stranger, process).connect({ host: self, port });
  socket.on('error', () => {});
  socket.on('connect', () => socket.end(bytes));
}
