import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtobufError } from '../../../../src/lib/protobuf/wire.ts';
import { CheckServiceNode, HealthCheck, Node, NodeService } from '../../../../src/structs/catalog.ts';
import { make, zero } from '../../../../src/structs/make.ts';
import {
  type Event,
  Event as EventStruct,
  eventCodec,
  subscribeRequestCodec,
} from '../../../../src/structs/subscribe.ts';
import { hex, readVectors, unhex } from '../msgpack/vectors.ts';

const vectors = readVectors('grpc.json');
const events = vectors.filter(({ name }) => name.startsWith('event-'));
const vector = (name: string) => unhex(vectors.find((one) => one.name === name)!.hex);

describe('recorded messages', () => {
  it('a request', () => {
    const bytes = vector('subscribe-request');
    const request = subscribeRequestCodec.decode(bytes);
    expect(request).toEqual({ Topic: 1, Key: 'web', Token: 'tok', Index: 7, Datacenter: 'dc1', Namespace: '' });
    expect(hex(subscribeRequestCodec.encode(request))).toBe(hex(bytes));
  });

  it.each(events)('$name: read, and written byte by byte as it was', ({ hex: bytes }) => {
    expect(hex(eventCodec.encode(eventCodec.decode(unhex(bytes))))).toBe(bytes);
  });

  it('what is in an event', () => {
    expect(eventCodec.decode(vector('event-end-of-snapshot'))).toMatchObject({ Index: 12, EndOfSnapshot: true });
    expect(eventCodec.decode(vector('event-new-snapshot-to-follow'))).toMatchObject({ NewSnapshotToFollow: true });
    const { ServiceHealth } = eventCodec.decode(vector('event-service-health-register'));
    expect(ServiceHealth).toMatchObject({
      Op: 0,
      CheckServiceNode: {
        Node: { Node: 'n1', TaggedAddresses: { lan: '127.0.0.1' }, CreateIndex: 10, ModifyIndex: 11 },
        Service: {
          ID: 'web-1',
          Port: 80,
          Proxy: { Config: { protocol: 'http' } },
          Weights: { Passing: 1, Warning: 1 },
        },
        Checks: [{ CheckID: 'c1', Status: 'passing', Definition: { Interval: 10e9 }, ModifyIndex: 12 }],
      },
    });
    const { EventBatch } = eventCodec.decode(vector('event-batch'));
    expect(EventBatch?.Events?.map((event) => event.ServiceHealth?.Op)).toEqual([0, 1]);
  });
});

const register = (instance: Partial<CheckServiceNode>): Event =>
  make(EventStruct, { Index: 9, ServiceHealth: { Op: 0, CheckServiceNode: make(CheckServiceNode, instance) } });

describe('messages', () => {
  it('keep every field that has a number, whatever its kind', () => {
    const check = make(HealthCheck, { CheckID: 'c', ServiceTags: ['a', ''], ExposedPort: -1, CreateIndex: 3 });
    check.Definition = {
      ...check.Definition,
      Header: { 'X-A': ['1', '2'], Empty: [] },
      Timeout: 1_500_000_001,
      Interval: -3e9,
      ScriptArgs: ['a b'],
      TLSSkipVerify: true,
      OutputMaxSize: 4096,
    };
    const service = make(NodeService, {
      ID: 'w',
      Meta: { é: '', __proto__x: 'y' },
      TaggedAddresses: { wan: { Address: '1.2.3.4', Port: 8 } },
      ModifyIndex: Number.MAX_SAFE_INTEGER,
    });
    service.Proxy = {
      ...service.Proxy,
      Config: { a: [1, 'x', null, true, { b: [] }], n: -1.5, deep: { c: {} } },
      Upstreams: [],
      Expose: { Checks: true, Paths: null },
    };
    const event = register({ Node: make(Node, { Node: 'n' }), Service: service, Checks: [check] });
    const back = eventCodec.decode(eventCodec.encode(event));
    // An empty list cannot be told from none.
    service.Proxy.Upstreams = null;
    expect(back).toEqual(event);
  });

  it('longer than a byte can say are as long as they are', () => {
    const event = register({ Node: make(Node, { Meta: { long: 'x'.repeat(70_000), short: 'y' } }), Checks: null });
    expect(eventCodec.decode(eventCodec.encode(event))).toEqual(event);
  });

  it('may hold fields that we do not know', () => {
    // Fields 2000 (text), 2001 (fixed64), 2002 (fixed32), 2003 (varint) around an index.
    const unknown = 'c27d03616263' + 'c97d0000000000000000' + 'd57d00000000' + 'd87d01';
    expect(eventCodec.decode(unhex(`${unknown}0805${unknown}`))).toEqual(make(EventStruct, { Index: 5 }));
  });

  it('of garbage are refused, and with nothing but their own error', () => {
    const recorded = events.map((one) => [...unhex(one.hex)]);
    const damaged = fc.tuple(fc.constantFrom(...recorded), fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat());
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), damaged), (input) => {
        let bytes: Uint8Array;
        if (input instanceof Uint8Array) bytes = input;
        else {
          const [from, at, byte, cut] = input;
          bytes = Uint8Array.from(from);
          bytes[at % bytes.length] = byte;
          bytes = bytes.subarray(0, cut % (bytes.length + 1));
        }
        try {
          expect(Object.keys(eventCodec.decode(bytes))).toEqual(Object.keys(zero(EventStruct)));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('nested beyond measure are refused', () => {
    let nested: Uint8Array = Buffer.from('0801', 'hex');
    const wrap = (tag: number, inner: Uint8Array): Buffer => {
      const length: number[] = [];
      let rest = inner.length;
      for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) length.push((rest % 0x80) | 0x80);
      return Buffer.concat([Buffer.from([tag, ...length, rest]), inner]);
    };
    for (let depth = 0; depth < 500; depth++) nested = wrap(0x22, wrap(0x0a, nested));
    expect(() => eventCodec.decode(nested)).toThrow(ProtobufError);
  });
});
