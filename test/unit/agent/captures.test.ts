/** Recorded traffic of the original's agents, read by our codecs and written again: nothing is dropped, nothing is lost. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeStream, StreamDecoder } from '../../../src/agent/gossip/memberlist/stream.ts';
import {
  decodePacket,
  encodeAck,
  encodeAlive,
  encodeDead,
  encodeIndirectPing,
  encodeNack,
  encodePing,
  encodeSuspect,
} from '../../../src/agent/gossip/memberlist/wire.ts';
import {
  decodeSerf,
  encodeSerf,
  Join,
  Leave,
  PushPull,
  Query,
  QueryResponse,
  serfTypes,
  UserEvent,
} from '../../../src/agent/gossip/serf/messages.ts';
import {
  AppendEntriesRequest,
  AppendEntriesResponse,
  ErrorText,
  RequestVoteRequest,
  RequestVoteResponse,
  rpcTypes,
} from '../../../src/agent/raft/wire.ts';
import { RequestHeader, ResponseHeader } from '../../../src/agent/rpc/codec.ts';
import { signatures } from '../../../src/agent/rpc/signatures.ts';
import { decodeHeader, frameTypes, headerBytes } from '../../../src/agent/rpc/yamux/frame.ts';
import { Decoder, decode, encode, needMore } from '../../../src/lib/msgpack/index.ts';
import type { Schema } from '../../../src/structs/schema.ts';

interface Segment {
  readonly proto: 'udp' | 'tcp';
  readonly conn?: number;
  readonly dir: string;
  readonly hex?: string;
}
interface Capture {
  readonly connections: readonly {
    readonly conn: number;
    readonly opened_by: string;
    readonly first_byte: number | null;
  }[];
  readonly events: readonly Segment[];
}
const captureOf = (name: string): Capture =>
  JSON.parse(readFileSync(new URL(`../../data/vectors/captures/${name}.json`, import.meta.url), 'utf8'));

/** All bytes of a connection, one way. */
function bytesOf({ connections, events }: Capture, conn: number, way: 'asked' | 'answered'): Buffer {
  const opener = connections.find((one) => one.conn === conn)!.opened_by;
  const own = events.filter((e) => e.conn === conn && e.hex !== undefined);
  const these = own.filter((e) => e.dir.startsWith(`${opener} `) === (way === 'asked'));
  return Buffer.concat(these.map(({ hex }) => Buffer.from(hex!, 'hex')));
}

/** Reads a value, and finds the same after writing it. */
function roundTrip<T>(decoder: Decoder, schema: Schema<T>): T {
  const value = decoder.next(schema);
  if (value === needMore) throw new Error('cut off');
  expect(decode(schema, encode(schema, value))).toEqual(value);
  return value;
}

const memberlist: Record<string, (body: never) => Uint8Array> = {
  ping: encodePing,
  indirectPing: encodeIndirectPing,
  ack: encodeAck,
  nack: encodeNack,
  suspect: encodeSuspect,
  alive: encodeAlive,
  dead: encodeDead,
};
const serf = {
  leave: Leave,
  join: Join,
  pushPull: PushPull,
  userEvent: UserEvent,
  query: Query,
  queryResponse: QueryResponse,
} as const;

function serfRoundTrip(payload: Uint8Array): string {
  const [type, schema] = Object.entries(serf).find(([name]) => serfTypes[name as keyof typeof serf] === payload[0])!;
  const body = decodeSerf(schema as Schema<unknown>, payload);
  const again = encodeSerf(type as keyof typeof serf, schema as Schema<unknown>, body);
  expect(decodeSerf(schema as Schema<unknown>, again)).toEqual(body);
  expect(again.length).toBe(payload.length);
  return type;
}

describe.each(['serf-join', 'consul-client-join'])('the traffic of %s', (name) => {
  const capture = captureOf(name);

  it('in packets is read and written', () => {
    const seen = new Map<string, number>();
    const note = (type: string): unknown => seen.set(type, (seen.get(type) ?? 0) + 1);
    for (const { proto, hex } of capture.events) {
      if (proto !== 'udp' || hex === undefined) continue;
      decodePacket(
        Buffer.from(hex, 'hex'),
        (message) => {
          if (message.type === 'user') return note(`serf ${serfRoundTrip(message.payload)}`);
          note(message.type);
          const bytes = memberlist[message.type]!(message.body as never);
          decodePacket(
            bytes,
            (again) => expect(again).toEqual(message),
            (why) => expect.fail(why),
          );
        },
        (why) => expect.fail(why),
      );
    }
    for (const type of ['ping', 'ack', 'alive', 'serf join', 'serf leave', 'serf userEvent']) {
      expect(seen.get(type) ?? 0, type).toBeGreaterThan(0);
    }
  });

  it('in state exchanges is read and written', () => {
    const gossip = capture.connections.filter(({ first_byte }) => first_byte === null);
    expect(gossip.length).toBeGreaterThan(0);
    for (const { conn } of gossip) {
      for (const way of ['asked', 'answered'] as const) {
        const message = new StreamDecoder(null).push(bytesOf(capture, conn, way));
        if (message?.type !== 'pushPull') throw new Error('no state exchange');
        expect(message.nodes.length).toBeGreaterThan(0);
        expect(serfRoundTrip(message.userState)).toBe('pushPull');
        const again = encodeStream(message, { compress: true, security: null });
        expect(new StreamDecoder(null).push(again)).toEqual(message);
      }
    }
  });
});

/** What went over each stream of a yamux connection, one way. */
function streamsOf(bytes: Buffer): Map<number, Buffer> {
  const streams = new Map<number, Buffer>();
  // The first byte of a connection says what it carries.
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const { type, streamId, length } = decodeHeader(bytes, at);
    at += headerBytes;
    if (type !== frameTypes.data) continue;
    streams.set(streamId, Buffer.concat([streams.get(streamId) ?? Buffer.alloc(0), bytes.subarray(at, at + length)]));
    at += length;
  }
  return streams;
}

const decoderOf = (bytes: Uint8Array): Decoder => {
  const decoder = new Decoder();
  decoder.push(bytes);
  return decoder;
};

describe.each(['consul-client-join', 'raft-bootstrap'])('the calls of %s', (name) => {
  it('are read and written', () => {
    const capture = captureOf(name);
    const methods = new Map<string, number>();
    for (const { conn } of capture.connections.filter(({ first_byte }) => first_byte === 4)) {
      const asked = streamsOf(bytesOf(capture, conn, 'asked').subarray(1));
      const answered = streamsOf(bytesOf(capture, conn, 'answered'));
      for (const [id, bytes] of asked) {
        const [requests, responses] = [decoderOf(bytes), decoderOf(answered.get(id) ?? Buffer.alloc(0))];
        for (let asking = requests.next(RequestHeader); asking !== needMore; asking = requests.next(RequestHeader)) {
          const { ServiceMethod, Seq } = asking;
          const { args, reply } = signatures[ServiceMethod as keyof typeof signatures];
          roundTrip(requests, args as Schema<unknown>);
          methods.set(ServiceMethod, (methods.get(ServiceMethod) ?? 0) + 1);
          const header = responses.next(ResponseHeader);
          // The capture ends while some still wait.
          if (header === needMore) continue;
          expect([header.Error, header.Seq]).toEqual(['', Seq]);
          roundTrip(responses, reply as Schema<unknown>);
        }
      }
    }
    const wanted = {
      'consul-client-join': ['Catalog.Register', 'KVS.Apply', 'KVS.Get'],
      'raft-bootstrap': ['Status.Peers'],
    };
    expect([...methods.keys()]).toEqual(expect.arrayContaining(wanted[name as keyof typeof wanted]));
  });
});

describe('the Raft of raft-bootstrap', () => {
  it('is read and written', () => {
    const capture = captureOf('raft-bootstrap');
    const shapes = new Map<number, readonly [string, Schema<unknown>, Schema<unknown>]>([
      [
        rpcTypes.appendEntries,
        ['append', AppendEntriesRequest as Schema<unknown>, AppendEntriesResponse as Schema<unknown>],
      ],
      [rpcTypes.requestVote, ['vote', RequestVoteRequest as Schema<unknown>, RequestVoteResponse as Schema<unknown>]],
    ]);
    const seen = new Map<string, number>();
    for (const { conn } of capture.connections.filter(({ first_byte }) => first_byte === 1)) {
      const requests = decoderOf(bytesOf(capture, conn, 'asked').subarray(1));
      const responses = decoderOf(bytesOf(capture, conn, 'answered'));
      for (let type = requests.byte(); type !== needMore; type = requests.byte()) {
        const [what, request, response] = shapes.get(type)!;
        roundTrip(requests, request);
        seen.set(what, (seen.get(what) ?? 0) + 1);
        const error = responses.next(ErrorText);
        if (error === needMore) continue;
        expect(error).toBe('');
        roundTrip(responses, response);
      }
    }
    expect(seen.get('append')).toBeGreaterThan(20);
    expect(seen.get('vote')).toBeGreaterThan(0);
  });
});
