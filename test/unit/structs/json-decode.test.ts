import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError } from '../../../src/lib/go-json/index.ts';
import { ACL } from '../../../src/structs/acl.ts';
import { RegisterRequest } from '../../../src/structs/catalog.ts';
import { decodeJson } from '../../../src/structs/json-decode.ts';
import { PreparedQuery } from '../../../src/structs/prepared-query.ts';
import {
  any,
  big64,
  bytes,
  f32,
  int64,
  map,
  type Schema,
  slice,
  str,
  struct,
  time,
  u8,
} from '../../../src/structs/schema.ts';
import { Session } from '../../../src/structs/session.ts';
import { TxnOpsBody } from '../../../src/structs/txn-ops.ts';

const errorOf = (schema: Schema<unknown>, body: string): string => {
  try {
    decodeJson(schema, body);
  } catch (error) {
    if (error instanceof JsonError) return error.message;
    throw error;
  }
  return 'no error';
};

describe('recorded answers to bad bodies', () => {
  const anonymous = 'struct { LockDelay interface {}; *structs.Alias }';
  const cases: [string, Schema<unknown>, string, string][] = [
    ['session', Session, '{', 'unexpected EOF'],
    ['session', Session, '[]', `json: cannot unmarshal array into Go value of type ${anonymous}`],
    ['session', Session, '"x"', `json: cannot unmarshal string into Go value of type ${anonymous}`],
    ['session', Session, '{"TTL":15}', 'json: cannot unmarshal number into Go struct field .TTL of type string'],
    ['session', Session, '{"Name":5}', 'json: cannot unmarshal number into Go struct field .Name of type string'],
    ['session', Session, '{"LockDelay":"xyz"}', 'time: invalid duration "xyz"'],
    ['session', Session, '{"Unknown":1,"Name":"u"}', 'no error'],
    ['txn', TxnOpsBody, '', 'EOF'],
    ['txn', TxnOpsBody, '{', 'unexpected EOF'],
    ['txn', TxnOpsBody, '{}', 'json: cannot unmarshal object into Go value of type api.TxnOps'],
    ['txn', TxnOpsBody, '"x"', 'json: cannot unmarshal string into Go value of type api.TxnOps'],
    ['txn', TxnOpsBody, '[{"KV":{"Key":"k","Value":"not base64!"}}]', 'illegal base64 data at input byte 3'],
    [
      'txn',
      TxnOpsBody,
      '[{"KV":{"Verb":"set","Key":"k","Value":5}}]',
      'json: cannot unmarshal number into Go struct field KVTxnOp.KV.Value of type []uint8',
    ],
    [
      'txn',
      TxnOpsBody,
      '[{"KV":{"Verb":"set","Key":7}}]',
      'json: cannot unmarshal number into Go struct field KVTxnOp.KV.Key of type string',
    ],
    [
      'txn',
      TxnOpsBody,
      '[{"KV":"x"}]',
      'json: cannot unmarshal string into Go struct field TxnOp.KV of type api.KVTxnOp',
    ],
    ['txn', TxnOpsBody, '[{"Bogus":{"Verb":"set"}}]', 'json: unknown field "Bogus"'],
    ['txn', TxnOpsBody, '[{"KV":{"Verb":"set","Key":"ff","Bogus":1,"Value":""}}]', 'json: unknown field "Bogus"'],
    ['register', RegisterRequest, '[]', 'json: cannot unmarshal array into Go value of type structs.RegisterRequest'],
    [
      'register',
      RegisterRequest,
      '{"Node":5,"Address":"x"}',
      'json: cannot unmarshal number into Go struct field RegisterRequest.Node of type string',
    ],
    [
      'register',
      RegisterRequest,
      '{"Node":"x","Service":{"Service":"s","Port":"eighty"}}',
      'json: cannot unmarshal string into Go struct field NodeService.Service.Port of type int',
    ],
    [
      'register',
      RegisterRequest,
      '{"Node":"x","Check":"str"}',
      'json: cannot unmarshal string into Go struct field RegisterRequest.Check of type structs.HealthCheck',
    ],
    ['register', RegisterRequest, '{"Check":{"Definition":{"Interval":"zzz"}}}', 'time: invalid duration "zzz"'],
    ['register', RegisterRequest, '{"Node":"x","Unknown":1}', 'json: unknown field "Unknown"'],
    ['query', PreparedQuery, '[]', 'json: cannot unmarshal array into Go value of type structs.PreparedQuery'],
    ['acl', ACL, '{"Name":5}', 'json: cannot unmarshal number into Go struct field ACL.Name of type string'],
  ];
  it.each(cases)('%s %#', (_, schema, body, text) => {
    expect(errorOf(schema, body)).toBe(text);
  });
});

describe('decoding bodies', () => {
  it('finds fields in any case and takes the exact one first', () => {
    const Both = struct('Both', { Name: str, name: str });
    expect(decodeJson(Both, '{"NAME":"a","name":"b"}')).toEqual({ Name: 'a', name: 'b' });
    const [op] = decodeJson(TxnOpsBody, '[{"kv":{"verb":"set","key":"lower","value":"dQ=="}}]') ?? [];
    expect(op?.KV).toMatchObject({ Verb: 'set', Key: 'lower', Value: new Uint8Array([0x75]) });
  });

  it('leaves what is absent or null at zero', () => {
    const request = decodeJson(RegisterRequest, '{"Node":null,"Service":null,"Checks":[],"SkipNodeUpdate":null}');
    expect(request).toMatchObject({ Node: '', Service: null, Checks: [], Check: null, SkipNodeUpdate: false });
    expect(decodeJson(TxnOpsBody, 'null')).toBeNull();
  });

  it('takes durations as texts or nanoseconds where Consul does', () => {
    expect(decodeJson(Session, '{"LockDelay":"15s"}').LockDelay).toBe(15e9);
    expect(decodeJson(Session, '{"LockDelay":25000000000}').LockDelay).toBe(25e9);
    expect(decodeJson(Session, '{"LockDelay":true}').LockDelay).toBe(0);
    expect(decodeJson(Session, '{"LockDelay":"1s","LockDelay":2}').LockDelay).toBe(2);
  });

  it('reports a wrong kind before a bad duration, as Go does', () => {
    expect(errorOf(Session, '{"LockDelay":"xyz","Name":5}')).toContain('.Name');
  });

  it('blames an error inside a type with its own unmarshaler on the field that holds it', () => {
    expect(errorOf(RegisterRequest, '{"Check":{"Definition":{"TLSSkipVerify":"x"}}}')).toBe(
      'json: cannot unmarshal string into Go struct field HealthCheck.Check.Definition of type bool',
    );
  });

  it('keeps 64-bit integers and refuses what does not fit', () => {
    const Numbers = struct('Numbers', { Flags: big64, Small: u8, Port: int64, Weight: f32 });
    expect(decodeJson(Numbers, '{"Flags":18446744073709551615}').Flags).toBe(2n ** 64n - 1n);
    const text = (value: string, type: string, field: string) =>
      `json: cannot unmarshal number ${value} into Go struct field Numbers.${field} of type ${type}`;
    expect(errorOf(Numbers, '{"Flags":18446744073709551616}')).toBe(text('18446744073709551616', 'uint64', 'Flags'));
    expect(errorOf(Numbers, '{"Flags":-1}')).toBe(text('-1', 'uint64', 'Flags'));
    expect(errorOf(Numbers, '{"Small":256}')).toBe(text('256', 'uint8', 'Small'));
    expect(errorOf(Numbers, '{"Port":1.5}')).toBe(text('1.5', 'int', 'Port'));
    expect(errorOf(Numbers, '{"Port":1e3}')).toBe(text('1e3', 'int', 'Port'));
    expect(errorOf(Numbers, '{"Weight":1e999}')).toBe(text('1e999', 'float32', 'Weight'));
  });

  it('names composite Go types', () => {
    const Lists = struct('Lists', { Tags: slice(str), Header: map(slice(str)) });
    expect(errorOf(Lists, '{"Tags":"a"}')).toContain('of type []string');
    expect(errorOf(Lists, '{"Header":"h"}')).toContain('of type map[string][]string');
  });

  it('reads times and says what is wrong with others', () => {
    const Timed = struct('Timed', { T: time });
    expect(decodeJson(Timed, '{"T":"2022-01-12T10:20:30.5+05:30"}').T).toBe('2022-01-12T10:20:30.5+05:30');
    const prefix = (raw: string) => `parsing time "\\"${raw}\\"" as "\\"2006-01-02T15:04:05Z07:00\\"": `;
    expect(errorOf(Timed, '{"T":"yesterday"}')).toBe(`${prefix('yesterday')}cannot parse "yesterday\\"" as "2006"`);
    expect(errorOf(Timed, '{"T":"2022-13-01T00:00:00Z"}')).toBe(`${prefix('2022-13-01T00:00:00Z')}month out of range`);
  });

  it('a key __proto__ is inert', () => {
    const Meta = struct('Meta', { Meta: map(str), Any: any });
    const decoded = decodeJson(Meta, '{"Meta":{"__proto__":"x"},"Any":{"__proto__":{"polluted":1},"constructor":2}}');
    expect(Object.keys(decoded.Meta ?? {})).toEqual(['__proto__']);
    expect(decoded.Meta?.['constructor']).toBeUndefined();
    expect(Object.keys(decoded.Any as object)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(errorOf(Meta, '{"__proto__":{}}')).toBe('json: unknown field "__proto__"');
  });

  it('never throws anything but JsonError', () => {
    const schemas = [Session, TxnOpsBody, RegisterRequest, any, bytes, slice(int64)] as Schema<unknown>[];
    const bodies = fc.oneof(
      fc.json(),
      fc.uint8Array({ maxLength: 60 }),
      fc
        .array(
          fc.constantFrom(
            '{',
            '}',
            '[',
            ']',
            '"',
            ':',
            ',',
            '1',
            '-',
            'e',
            '.',
            't',
            'null',
            '\\u',
            ' ',
            'KV',
            '"Name"',
          ),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.constantFrom(...schemas), bodies, (schema, body) => {
        try {
          decodeJson(schema, body);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
