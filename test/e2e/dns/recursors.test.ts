/** Foreign names, against upstream servers on real sockets that behave in all the ways they do. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Frames, framed } from '../../../src/agent/dns/frames.ts';
import { Upstreams } from '../../../src/agent/dns/upstream.ts';
import { decodeMessage } from '../../../src/agent/dns/wire/decode.ts';
import { Encoder } from '../../../src/agent/dns/wire/encode.ts';
import type { Message } from '../../../src/agent/dns/wire/message.ts';
import { wireName } from '../../../src/agent/dns/wire/name.ts';
import { silentLogger } from '../../../src/agent/telemetry/logger.ts';
import { nodeRuntime } from '../../../src/lib/runtime-node.ts';
import { recordText } from '../../unit/agent/dns/world.ts';
import { freePort } from '../free-port.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Answers each query with the bytes that `answer` makes of it; null for none. */
type Behaviour = (query: Message, from: 'udp' | 'tcp') => Buffer | null;

async function upstream(behaviour: Behaviour) {
  const seen: string[] = [];
  const port = await freePort();
  const udp = createSocket('udp4').bind(port, '127.0.0.1');
  await once(udp, 'listening');
  udp.on('message', (bytes: Buffer, { port: asker, address }: RemoteInfo) => {
    seen.push('udp');
    const answer = behaviour(decodeMessage(bytes), 'udp');
    if (answer !== null) udp.send(answer, asker, address);
  });
  const tcp = createServer((socket) => {
    const frames = new Frames();
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      for (const bytes of frames.push(chunk)) {
        seen.push('tcp');
        const answer = behaviour(decodeMessage(bytes), 'tcp');
        if (answer !== null) socket.write(framed(answer));
      }
    });
  }).listen(port, '127.0.0.1');
  await once(tcp, 'listening');
  stops.push(() => {
    udp.close();
    tcp.close();
  });
  return { address: `127.0.0.1:${(tcp.address() as AddressInfo).port}`, seen };
}

const answerOf = (query: Message, parts: Partial<Message> = {}): Buffer => {
  const record = { name: query.question!.name, type: 1, class: 1, ttlSeconds: 9, rdata: [Uint8Array.of(192, 0, 2, 1)] };
  return new Encoder().encode({ ...query, flags: 0x8180, answer: [record], additional: [], ...parts }, true).bytes;
};
const question = { name: wireName('WWW.example.test')!, type: 1, class: 1 };
const asked = { question, flags: 0x0100, edns: null };

function upstreams(maxExchanges?: number): Upstreams {
  const limit = maxExchanges === undefined ? {} : { maxExchanges };
  const made = new Upstreams({ runtime: nodeRuntime, logger: silentLogger, ...limit });
  stops.push(() => made.stop());
  return made;
}

describe('recursors', () => {
  it('are asked in order, until one knows', async () => {
    const broken = await upstream((query) => answerOf(query, { flags: 0x8182, answer: [] }));
    const good = await upstream((query) => answerOf(query));
    const unused = await upstream((query) => answerOf(query));
    const message = await upstreams().ask([broken.address, good.address, unused.address], 1000, asked, 'udp');
    expect(message!.answer.map(recordText)).toEqual(['WWW.example.test. 9 IN A 192.0.2.1']);
    expect([broken.seen, good.seen, unused.seen]).toEqual([['udp'], ['udp'], []]);
  });

  it('that are silent, or not there, are given up', async () => {
    const silent = await upstream(() => null);
    const good = await upstream((query) => answerOf(query));
    const gone = `127.0.0.1:${await freePort()}`;
    for (const network of ['udp', 'tcp'] as const) {
      expect(await upstreams().ask([gone, silent.address, good.address], 150, asked, network)).not.toBeNull();
      expect(await upstreams().ask([gone, silent.address], 100, asked, network)).toBeNull();
    }
  });

  it('are believed for the very question only', async () => {
    const other = { ...question, name: wireName('evil.example.test')! };
    const lies: Behaviour[] = [
      (query) => answerOf(query, { id: query.id ^ 1 }),
      (query) => answerOf(query, { question: other }),
      (query) => answerOf(query, { flags: 0x0100 }),
      () => Buffer.from('garbage'),
    ];
    for (const lie of lies) {
      const { address } = await upstream(lie);
      expect(await upstreams().ask([address], 100, asked, 'udp')).toBeNull();
    }
  });

  it('get flags, EDNS and the case of the name as they came', async () => {
    let got: Message | undefined;
    const { address } = await upstream((query) => {
      got = query;
      return answerOf(query);
    });
    const options = Uint8Array.of(0, 10, 0, 2, 1, 2);
    const edns = { udpBytes: 1232, bits: 0x8000, options, subnet: null };
    await upstreams().ask([address], 1000, { question, flags: 0x0130, edns }, 'udp');
    expect(got!.flags).toBe(0x0130);
    expect(got!.question).toEqual(question);
    expect(got!.additional[0]).toMatchObject({ type: 41, class: 1232, ttlSeconds: 0x8000 });
    expect([...(got!.additional[0]!.rdata[0] as Uint8Array)]).toEqual([...options]);
  });

  it('are asked so many questions at a time and no more', async () => {
    const { address, seen } = await upstream(() => null);
    const limited = upstreams(10);
    const all = Array.from({ length: 50 }, () => limited.ask([address], 200, asked, 'udp'));
    expect(await Promise.all(all)).toEqual(new Array(50).fill(null));
    expect(seen).toHaveLength(10);
    const good = await upstream((query) => answerOf(query));
    expect(await limited.ask([good.address], 1000, asked, 'udp')).not.toBeNull();
  });

  it('are not waited for after a stop', async () => {
    const { address } = await upstream(() => null);
    const stopped = upstreams();
    const waiting = stopped.ask([address, address], 10_000, asked, 'tcp');
    stopped.stop();
    expect(await waiting).toBeNull();
    expect(await stopped.ask([address], 10_000, asked, 'udp')).toBeNull();
  });
});
