import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, JsonObject, type JsonValue, parseWhole } from '../../../src/lib/go-json/index.ts';
import * as acl from '../../../src/structs/acl.ts';
import * as catalog from '../../../src/structs/catalog.ts';
import { entrySchema } from '../../../src/structs/config-entry.ts';
import { IndexedCARoots } from '../../../src/structs/connect.ts';
import { Coordinate, DatacenterMap } from '../../../src/structs/coordinate.ts';
import { dictOf } from '../../../src/structs/dict.ts';
import { DiscoveryChainResponse } from '../../../src/structs/discovery-chain.ts';
import { FederationState } from '../../../src/structs/federation.ts';
import { Intention } from '../../../src/structs/intention.ts';
import { KeyringResponse } from '../../../src/structs/internal.ts';
import { type Layout, renderAny, renderJson, renderList, renderText } from '../../../src/structs/json.ts';
import { decodeJsonValue, plainJson } from '../../../src/structs/json-decode.ts';
import { DirEntry } from '../../../src/structs/kv.ts';
import { make, zero } from '../../../src/structs/make.ts';
import { RaftConfigurationResponse } from '../../../src/structs/operator.ts';
import { PreparedQuery, PreparedQueryExecuteResponse } from '../../../src/structs/prepared-query.ts';
import {
  any,
  big64,
  bytes,
  dur,
  durationText,
  f32,
  f64,
  json,
  jsonSkip,
  map,
  omitEmpty,
  type Schema,
  slice,
  str,
  struct,
  time,
} from '../../../src/structs/schema.ts';
import { Session } from '../../../src/structs/session.ts';
import { TxnReadResponse, TxnResponse } from '../../../src/structs/txn.ts';
import { readBytes } from '../lib/msgpack/vectors.ts';

const QueryMetaFree = (schema: typeof IndexedCARoots) => struct('IndexedCARoots', withoutMeta(schema.type.fields));
const metaNames = ['Index', 'LastContact', 'KnownLeader', 'ConsistencyLevel', 'NotModified', 'Backend'];
/** Where an answer's meta data is in its headers only, the HTTP layer renders the fields without it. */
const withoutMeta = (fields: Record<string, Schema<unknown>>) =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !metaNames.includes(name)));

const schemas: Record<string, (body: unknown) => Schema<unknown>> = {
  DirEntries: () => slice(DirEntry),
  Txn: (body) => (Object.keys(body as object).includes('Index') ? TxnReadResponse : TxnResponse),
  Sessions: () => slice(Session),
  Nodes: () => slice(catalog.Node),
  ServiceNodes: () => slice(catalog.ServiceNode),
  NodeServices: () => catalog.NodeServices,
  NodeServiceList: () => catalog.NodeServiceList,
  GatewayServices: () => slice(catalog.GatewayService),
  CheckServiceNodes: () => slice(catalog.CheckServiceNode),
  HealthChecks: () => slice(catalog.HealthCheck),
  HealthCheckMap: () => map(catalog.HealthCheck),
  ACLAuthMethod: () => acl.ACLAuthMethod,
  ACLAuthMethodListStubs: () => slice(acl.ACLAuthMethodListStub),
  ACLBindingRuleAny: (body) => (Array.isArray(body) ? slice(acl.ACLBindingRule) : acl.ACLBindingRule),
  ACLPolicyListStubs: () => slice(acl.ACLPolicyListStub),
  ACLPolicy: () => acl.ACLPolicy,
  ACLReplicationStatus: () => acl.ACLReplicationStatus,
  ACLRole: () => acl.ACLRole,
  ACLRoles: () => slice(acl.ACLRole),
  ACLToken: () => acl.ACLToken,
  ACLTokenListStubs: () => slice(acl.ACLTokenListStub),
  ACLs: () => slice(acl.ACL),
  ConfigEntry: (body) => {
    const [entry] = [body].flat() as [{ Kind: string }];
    const schema = entrySchema(entry.Kind)!;
    return Array.isArray(body) ? slice(schema) : schema;
  },
  IndexedCARoots: () => QueryMetaFree(IndexedCARoots),
  Intentions: () => slice(Intention),
  Intention: () => Intention,
  Coordinates: () => slice(Coordinate),
  DatacenterMaps: () => slice(DatacenterMap),
  DiscoveryChainResponse: () => struct('DiscoveryChainResponse', withoutMeta(DiscoveryChainResponse.type.fields)),
  PreparedQueries: () => slice(PreparedQuery),
  PreparedQueryExecuteResponse: () => PreparedQueryExecuteResponse,
  RaftConfigurationResponse: () => RaftConfigurationResponse,
  KeyringResponses: () => slice(KeyringResponse),
  FederationStates: () => slice(FederationState),
};

/** The same document with sorted members: their order means nothing to clients. */
function canonical(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value instanceof JsonObject) {
    return dictOf(
      value.members.map(([key, member]) => [key, canonical(member)] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
  return plainJson(value);
}

describe('recorded bodies', () => {
  const recordings = (parseWhole(readBytes('json-bodies.json')) as JsonValue[]).map((entry) =>
    Object.fromEntries((entry as JsonObject).members),
  ) as { of: string; from: string; body: JsonValue }[];

  it.each(recordings.map((entry) => [entry.of, entry.from, entry.body] as const))(
    '%s of %s is rendered with the same members',
    (of, _, body) => {
      const schema = schemas[of]!(plainJson(body));
      const value = decodeJsonValue(schema, body);
      expect(canonical(parseWhole(renderJson(schema, value, 'compact')))).toEqual(canonical(body));
    },
  );
});

describe('rendering by schema', () => {
  it('follows the declaration, compact and indented as Go does', () => {
    const entry = make(DirEntry, { Key: 'a', Flags: 2n ** 64n - 1n, Value: Buffer.from('x<y'), CreateIndex: 3 });
    expect(renderText(DirEntry, entry, 'compact')).toBe(
      '{"LockIndex":0,"Key":"a","Flags":18446744073709551615,"Value":"eDx5","CreateIndex":3,"ModifyIndex":0}',
    );
    const locked = make(DirEntry, { Session: 's' });
    expect(renderJson(slice(DirEntry), [locked], 'indented').toString()).toBe(
      `[
    {
        "LockIndex": 0,
        "Key": "",
        "Flags": 0,
        "Value": null,
        "Session": "s",
        "CreateIndex": 0,
        "ModifyIndex": 0
    }
]
`,
    );
  });

  it('tells nil from empty', () => {
    const Lists = struct('Lists', { S: slice(str), M: map(str), B: bytes });
    const render = (
      value: Parameters<
        typeof renderText<{ S: string[] | null; M: Record<string, string> | null; B: Uint8Array | null }>
      >[1],
      layout: Layout,
    ) => renderText(Lists, value, layout);
    expect(render({ S: null, M: null, B: null }, 'compact')).toBe('{"S":null,"M":null,"B":null}');
    expect(render({ S: [], M: {}, B: new Uint8Array(0) }, 'indented')).toBe(
      '{\n    "S": [],\n    "M": {},\n    "B": ""\n}',
    );
  });

  it('escapes for HTML and replaces what is no text', () => {
    const render = (text: string) => renderText(str, text, 'compact');
    expect(render('<a href="x">&\u2028\u2029\\\n\r\t\b\u0000\u007f')).toBe(
      '"\\u003ca href=\\"x\\"\\u003e\\u0026\\u2028\\u2029\\\\\\n\\r\\t\\u0008\\u0000\u007f"',
    );
    expect(render('é€\u{1f600}')).toBe('"é€\u{1f600}"');
    expect(render('a\ud800b\udcff')).toBe('"a\\ufffdb\\ufffd"');
  });

  it('sorts the keys of maps by their bytes', () => {
    const keys = ['b', 'a', 'Z', '\u{1f600}', '\uffee', 'é', '10', '9'];
    const rendered = renderText(map(str), Object.fromEntries(keys.map((key) => [key, ''])), 'compact');
    const order = [...rendered.matchAll(/"([^"]+)":/g)].map((match) => match[1]!);
    expect(order).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });

  it('renders numbers as Go does', () => {
    expect([1.5, 1e21, 1e-7, 123456789, 1e20, -0].map((value) => renderText(f64, value, 'compact'))).toEqual([
      '1.5',
      '1e+21',
      '1e-7',
      '123456789',
      '100000000000000000000',
      '-0',
    ]);
    expect([Math.fround(33.33), 0.1, 100].map((value) => renderText(f32, value, 'compact'))).toEqual([
      '33.33',
      '0.1',
      '100',
    ]);
    expect(renderText(big64, 2n ** 63n, 'compact')).toBe('9223372036854775808');
    expect(() => renderText(f64, Number.NaN, 'compact')).toThrow('json: unsupported value: NaN');
  });

  it('shows durations and times as the field wants them', () => {
    const Timed = struct('Timed', { A: dur, B: durationText, C: time, D: omitEmpty(time) });
    expect(renderText(Timed, make(Timed, { A: 15e9, B: 90e9, C: '2022-01-12T10:20:30.5+00:00' }), 'compact')).toBe(
      '{"A":15000000000,"B":"1m30s","C":"2022-01-12T10:20:30.5Z"}',
    );
  });

  it('leaves out, renames and hides fields by their hints', () => {
    const Inner = struct('Inner', { X: str });
    const Hinted = struct('Hinted', {
      A: omitEmpty(str),
      B: json(str, { name: 'b' }),
      C: jsonSkip(str),
      D: omitEmpty(Inner),
      E: Inner,
      F: omitEmpty(map(str)),
    });
    expect(renderText(Hinted, zero(Hinted), 'compact')).toBe('{"b":"","E":{"X":""}}');
    const full = { A: 'a', B: 'b', C: 'c', D: { X: 'x' }, E: { X: '' }, F: { k: 'v' } };
    expect(renderText(Hinted, full, 'compact')).toBe('{"A":"a","b":"b","D":{"X":"x"},"E":{"X":""},"F":{"k":"v"}}');
    const Empty = struct('Empty', { A: omitEmpty(str) });
    expect(renderText(Empty, { A: '' }, 'indented')).toBe('{}');
  });

  it('gives long lists in pieces that join to the whole', () => {
    const entries = Array.from({ length: 1500 }, (_, i) =>
      make(DirEntry, { Key: `k/${i}`, Value: new Uint8Array(100) }),
    );
    for (const layout of ['compact', 'indented'] as const) {
      for (const list of [entries, entries.slice(0, 1), [], null]) {
        const pieces = [...renderList(DirEntry, list, layout)];
        expect(Buffer.concat(pieces)).toEqual(renderJson(slice(DirEntry), list, layout));
        expect(pieces.length).toBeGreaterThan((list?.length ?? 0) > 1000 ? 2 : 0);
      }
    }
  });

  it('is read back by JSON.parse as what it was', () => {
    const Any = struct('Any', { V: any });
    fc.assert(
      fc.property(
        fc.json().map((text) => JSON.parse(text) as unknown),
        fc.constantFrom<Layout>('compact', 'indented'),
        (value, layout) => {
          expect(JSON.parse(renderText(Any, { V: value }, layout))).toEqual({ V: value });
        },
      ),
    );
  });
});

describe('rendering plain values', () => {
  it('keeps the order of objects, sorts maps and leaves out what is undefined', () => {
    const value = {
      b: 1,
      a: dictOf<unknown>([
        ['z', [] as unknown[]],
        ['y', undefined],
      ]),
      c: undefined,
      d: [null, undefined, true],
    };
    expect(renderAny(value, 'compact').toString()).toBe('{"b":1,"a":{"z":[]},"d":[null,null,true]}');
    expect(renderAny(value, 'indented').toString()).toBe(
      '{\n    "b": 1,\n    "a": {\n        "z": []\n    },\n    "d": [\n        null,\n        null,\n        true\n    ]\n}\n',
    );
  });

  it('renders bytes and big integers, and refuses what has no JSON', () => {
    expect(renderAny([new Uint8Array([255]), 2n ** 64n], 'compact').toString()).toBe('["/w==",18446744073709551616]');
    expect(() => renderAny(() => 0, 'compact')).toThrow(JsonError);
  });
});
