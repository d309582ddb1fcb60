import { describe, expect, it } from 'vitest';
import { signatures } from '../../../src/agent/rpc/signatures.ts';
import { decodeAt, encode, MsgpackError } from '../../../src/lib/msgpack/index.ts';
import { commands, decodeCommand, encodeCommand, ignorableBit } from '../../../src/structs/commands.ts';
import { ConfigEntryRequest, IndexedConfigEntries, ServiceConfigEntry } from '../../../src/structs/config-entry.ts';
import { make } from '../../../src/structs/make.ts';
import { any, type Schema, str, struct, u64 } from '../../../src/structs/schema.ts';
import { hex, readVectors, unhex } from '../lib/msgpack/vectors.ts';

describe('recorded commands', () => {
  const undecodable = ['unknown-ignorable', 'unknown-fatal', 'truncated-kv'];
  const vectors = readVectors('fsm.json').filter((vector) => !undecodable.includes(vector.name));

  it.each(vectors.map((vector) => [vector.name, vector.hex] as const))(
    '%s is written back byte for byte',
    (_, wanted) => {
      const data = unhex(wanted);
      const command = decodeCommand(data);
      if (command.name === 'unknown') throw new Error('unknown');
      expect(commands[command.name].type).toBe(data[0]! & ~ignorableBit);
      const again = encodeCommand(command.name, command.body as never, (data[0]! & ignorableBit) !== 0);
      expect(hex(again)).toBe(wanted);
    },
  );

  it('are unknown, ignorable or not, or undecodable', () => {
    const data = (name: string) => unhex(readVectors('fsm.json').find((vector) => vector.name === name)!.hex);
    expect(decodeCommand(data('unknown-ignorable'))).toMatchObject({ name: 'unknown', ignorable: true });
    expect(decodeCommand(data('unknown-fatal'))).toMatchObject({ name: 'unknown', ignorable: false });
    expect(() => decodeCommand(data('truncated-kv'))).toThrow(MsgpackError);
    expect(() => decodeCommand(new Uint8Array(0))).toThrow(MsgpackError);
  });
});

describe('recorded RPC messages', () => {
  const RequestHeader = struct('RequestHeader', { Seq: u64, ServiceMethod: str });
  const ResponseHeader = struct('ResponseHeader', { Error: str, Seq: u64, ServiceMethod: str });
  interface Exchange {
    readonly request?: { readonly header?: { readonly ServiceMethod: keyof typeof signatures } };
    readonly response_hex?: string;
  }
  const exchanges = ['rpc.json', 'rpc-acl.json']
    .flatMap((file) => readVectors(file))
    .map((vector) => ({ ...vector, decoded: vector.decoded as Exchange }))
    .filter(({ decoded }) => decoded.request?.header !== undefined)
    // Two of methods that do not exist, one whose body is no struct.
    .filter(({ name }) => !['error-unknown-method', 'error-unknown-service', 'error-wrong-body-type'].includes(name));
  // Their untyped maps hold floats without fraction, which we write as integers.
  const wholeFloats = ['config-entry-get-proxy-defaults', 'config-entry-resolve-service-config', 'internal-node-info'];

  it.each(exchanges.map((exchange) => [exchange.name, exchange] as const))('%s', (name, { hex: request, decoded }) => {
    const { args, reply } = signatures[decoded.request!.header!.ServiceMethod];
    const check = (
      wanted: string,
      header: Schema<unknown>,
      schemaFor: (head: { Error?: string }) => Schema<unknown>,
    ) => {
      const data = unhex(wanted);
      const head = decodeAt(header, data, 0);
      const schema = schemaFor(head.value as { Error?: string });
      const body = decodeAt(schema, data, head.end);
      expect(body.end).toBe(data.length);
      const again = encode(schema, body.value);
      if (wholeFloats.includes(name)) expect(decodeAt(schema, again, 0).value).toEqual(body.value);
      else expect(hex(again)).toBe(hex(data.subarray(head.end)));
      expect(hex(encode(header, head.value))).toBe(hex(data.subarray(0, head.end)));
    };
    check(request, RequestHeader, () => args);
    if (decoded.response_hex) check(decoded.response_hex, ResponseHeader, (head) => (head.Error ? any : reply));
  });

  it('a body that is no struct is refused', () => {
    const { hex: request } = readVectors('rpc.json').find((vector) => vector.name === 'error-wrong-body-type')!;
    const { end } = decodeAt(RequestHeader, unhex(request), 0);
    expect(() => decodeAt(signatures['KVS.Get'].args, unhex(request), end)).toThrow(MsgpackError);
  });
});

describe('config entries on the wire', () => {
  it('know their kind even where it is no field of theirs', () => {
    const Entry = {
      Kind: 'mesh',
      TransparentProxy: { MeshDestinationsOnly: true },
      Meta: null,
      CreateIndex: 1,
      ModifyIndex: 2,
    };
    const request = make(ConfigEntryRequest, { Op: 'upsert', Entry });
    const encoded = encode(ConfigEntryRequest, request);
    expect(hex(encoded)).not.toContain(hex(Buffer.from('\xa4Kind', 'latin1')));
    expect(decodeAt(ConfigEntryRequest, encoded, 0).value).toEqual(request);
    const list = make(IndexedConfigEntries, { Kind: 'mesh', Entries: [Entry], Index: 5 });
    expect(decodeAt(IndexedConfigEntries, encode(IndexedConfigEntries, list), 0).value).toEqual(list);
  });

  it('are of the kind they travel as, whatever they say themselves', () => {
    const Entry = make(ServiceConfigEntry, { Kind: 'service-defaults', Name: 'web' });
    const encoded = Buffer.from(encode(ConfigEntryRequest, make(ConfigEntryRequest, { Entry })));
    // The kind inside the entry, the second one.
    encoded.write('X', encoded.lastIndexOf('service-defaults'));
    expect(decodeAt(ConfigEntryRequest, encoded, 0).value.Entry).toEqual(Entry);
  });

  it('of unknown kinds are refused', () => {
    expect(() => encode(ConfigEntryRequest, make(ConfigEntryRequest, { Entry: { Kind: 'toString' } }))).toThrow(
      MsgpackError,
    );
    expect(() => encode(ConfigEntryRequest, make(ConfigEntryRequest, { Entry: null }))).toThrow(MsgpackError);
  });
});
