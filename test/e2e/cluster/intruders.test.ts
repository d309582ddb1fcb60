/** A secure cluster of three servers and two clients, and those who are not meant to be in it: refused, logged, harmless. */

import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encrypt } from '../../../src/agent/gossip/memberlist/security.ts';
import { encodeDead, encodePacket, encodePing, encodeSuspect } from '../../../src/agent/gossip/memberlist/wire.ts';
import { type Security, secureIn } from '../security.ts';
import { type ClusterNode, knowsLeader, leaderOf, Playground, statuses, until } from './node.ts';

let ground: Playground;
let servers: ClusterNode[];
let first: ClusterNode;
let security: Security;

beforeAll(async () => {
  ground = await Playground.make('secure');
  security = ground.security!;
  servers = await ground.servers(3);
  first = servers[0]!;
  for (const name of ['c1', 'c2']) {
    const client = await ground.node({ name, server: false, joins: [first] });
    client.start();
    await until(`${name} knows the leader`, () => knowsLeader(client));
  }
}, 90_000);
afterAll(() => ground[Symbol.asyncDispose]());

const wrote = (nodes: readonly ClusterNode[], text: string): boolean =>
  nodes.some(({ output }) => output.includes(text));
const members = ['c1', 'c2', 's1', 's2', 's3'];

/** Everybody is there, and a write through a client is read by all. */
async function isUnharmed(): Promise<void> {
  const value = String(performance.now());
  expect((await ground.nodes.at(3)!.ask('PUT', '/v1/kv/health', value)).text).toBe('true');
  for (const server of servers) expect((await server.ask('GET', '/v1/kv/health?raw')).text).toBe(value);
  const all = await statuses(first);
  expect(members.map((name) => [name, all[name]])).toEqual(members.map((name) => [name, 1]));
}

/** An agent that is gone again when the test ends, from every memory. */
async function withIntruder(
  args: { name: string; server?: boolean; args: readonly string[] },
  use: (intruder: ClusterNode) => Promise<void>,
): Promise<void> {
  const { name, server = false } = args;
  const intruder = await ground.node({ name, server, joins: [first], args: args.args, security: null });
  ground.nodes.pop();
  intruder.start();
  try {
    await use(intruder);
  } finally {
    await intruder.end();
    await first.ask('PUT', `/v1/agent/force-leave/${name}?prune`);
  }
}

describe('an agent that knows the gossip key, and', () => {
  const gossip = () => `-encrypt=${security.gossipKey}`;
  const acl = () => `-hcl=acl { enabled = true tokens { agent = "${security.token}" } }`;

  it('speaks plain text: no server listens to it', async () => {
    await withIntruder({ name: 'plain', args: [gossip(), acl()] }, async (intruder) => {
      await until('it is refused', async () => wrote(servers, 'Non-TLS connection attempted with VerifyIncoming set'));
      expect(intruder.output).not.toContain('Synced node info');
    });
    await isUnharmed();
  });

  it('has certificates of another authority: nobody believes the other', async () => {
    const elsewhere = await Playground.make();
    const { args } = await secureIn(elsewhere.directory);
    await withIntruder({ name: 'foreign', args: [...args(false), gossip(), acl()] }, async (intruder) => {
      await until('it refuses the servers', async () => intruder.output.includes('signed by unknown authority'));
      expect(intruder.output).not.toContain('Synced node info');
    });
    await elsewhere[Symbol.asyncDispose]();
    await isUnharmed();
  });

  it('poses as a server with the certificate of a client: Raft does not speak with it', async () => {
    const file = (name: string) => join(ground.directory, name);
    const client = `-hcl=cert_file = "${file('client.pem')}" key_file = "${file('client-key.pem')}"`;
    const args = [...security.args(true), client];
    await withIntruder({ name: 'poser', server: true, args }, async (intruder) => {
      const notOne = 'not server.dc1.consul';
      const asServer = `127.0.0.1:${intruder.ports.rpc}`;
      // A client does not ask it, whatever it announces.
      const asked = await ground.nodes[3]!.ask('GET', '/v1/status/leader');
      expect(asked.text).not.toContain(asServer);
      const leader = await leaderOf(servers);
      await until('the leader finds it out', async () => wrote([leader], notOne), 40_000);
      expect(intruder.output).not.toContain('New leader elected: payload=poser');
    });
    const left = () => first.read<{ Servers: { Node: string }[] }>('/v1/operator/raft/configuration');
    await until('it is out of Raft', async () => (await left())?.Servers.every((s) => /^s\d$/.test(s.Node)) === true);
    await isUnharmed();
  }, 90_000);
});

describe('packets of strangers', () => {
  const key = () => Buffer.from(security.gossipKey, 'base64');
  const sealed = (message: Uint8Array): Uint8Array =>
    encrypt(key(), encodePacket([message], { compress: false, crc: false }), { version: 1 });
  const send = async (packets: readonly Uint8Array[]): Promise<void> => {
    const socket = dgram.createSocket('udp4');
    for (const packet of packets)
      for (const node of ground.nodes)
        await new Promise<unknown>((done) => socket.send(packet, node.ports.lan, '127.0.0.1', done));
    await new Promise<void>((done) => socket.close(done));
  };
  const refusals = () => first.output.split('No installed keys could decrypt the message').length - 1;

  it('that were altered are dropped', async () => {
    const packet = sealed(encodePing({ SeqNo: 1, Node: 's1' } as never));
    const before = refusals();
    const altered = Array.from({ length: 20 }, (_, i) => {
      const copy = Uint8Array.from(packet);
      copy[13 + i]! ^= 0x40;
      return copy;
    });
    await send([...altered, packet.subarray(0, -1), Buffer.from('not encrypted at all, just words')]);
    await until('they are told of', async () => refusals() >= before + 20);
    await isUnharmed();
  });

  it('that were recorded and come again, even by the thousand, change nothing', async () => {
    // What a listener on the wire may have kept: this was said once, and sealed by a member.
    const said = ['c2', 's2'].flatMap((Node) => [
      sealed(encodeSuspect({ Incarnation: 0, Node, From: 's1' })),
      sealed(encodeDead({ Incarnation: 0, Node, From: 's1' })),
    ]);
    for (let round = 0; round < 50; round++) await send(said);
    await isUnharmed();
    await new Promise((done) => setTimeout(done, 3_000));
    await isUnharmed();
  });

  it('of streams without a key, and of any length, end with their connection', async () => {
    for (const bytes of [
      Buffer.from([6, 0x80]),
      Buffer.from([10, 0xff, 0xff, 0xff, 0xff, 1]),
      Buffer.alloc(100_000, 7),
    ]) {
      const socket = net.connect(first.ports.lan, '127.0.0.1');
      socket.on('error', () => {});
      socket.end(bytes);
      socket.resume();
      await once(socket, 'close');
    }
    await isUnharmed();
  });
});
