import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configEntryKinds } from '../../../src/structs/config-entry.ts';
import { DiscoveryChainRequest } from '../../../src/structs/discovery-chain.ts';
import { decodeMap, MapDecodeError, notAMap, unusedKeysText } from '../../../src/structs/map-decode.ts';
import { bool, int64, map, type Schema, slice, str, struct, u64 } from '../../../src/structs/schema.ts';

const errorOf = (schema: Schema<unknown>, input: unknown): string => {
  try {
    decodeMap(schema, input);
  } catch (error) {
    if (error instanceof MapDecodeError) return error.message;
    throw error;
  }
  return 'no error';
};

describe('recorded answers to bad config entries', () => {
  it.each([
    [
      configEntryKinds['service-resolver'],
      { Kind: 'service-resolver', Name: 'bad', ConnectTimeout: 'abc' },
      `error decoding 'ConnectTimeout': time: invalid duration "abc"`,
    ],
    [
      configEntryKinds['service-splitter'],
      { Kind: 'service-splitter', Name: 'api', Splits: [{ Weight: 'x' }] },
      `cannot parse 'Splits[0].Weight' as float: strconv.ParseFloat: parsing "x": invalid syntax`,
    ],
    [
      configEntryKinds['service-router'],
      { Routes: [{ Match: { HTTP: { PathPrefix: '/a' } }, Destination: { RequestTimeout: 'x' } }] },
      `error decoding 'Routes[0].Destination.RequestTimeout': time: invalid duration "x"`,
    ],
    [
      DiscoveryChainRequest,
      { OverrideConnectTimeout: 'zz' },
      `error decoding 'OverrideConnectTimeout': time: invalid duration "zz"`,
    ],
  ] as [Schema<unknown>, unknown, string][])('%#', (schema, input, problem) => {
    expect(errorOf(schema, input)).toBe(`1 error(s) decoding:\n\n* ${problem}`);
  });

  it('name the keys that no field took', () => {
    const splitter = {
      Kind: 'service-splitter',
      Name: 'web',
      Splits: [{ Weight: 90 }, { Weight: 10, RequestHeaders: {} }],
    };
    const { unused } = decodeMap(configEntryKinds['service-splitter'] as Schema<unknown>, splitter);
    expect(unusedKeysText(unused)).toBe('1 error occurred:\n\t* invalid config key "Splits[1].RequestHeaders"\n\n');
    expect(unusedKeysText(['Namespace'])).toBe(
      '1 error occurred:\n\t* invalid config key "Namespace", namespaces are a consul enterprise feature\n\n',
    );
    expect(unusedKeysText([])).toBe('');
  });

  it('refuse a document that is no map', () => {
    expect(notAMap([])).toBe("'' expected a map, got 'slice'");
  });
});

describe('weakly typed decoding', () => {
  const Target = struct('Target', {
    ExternalSNI: str,
    MaxConns: int64,
    Index: u64,
    On: bool,
    Tags: slice(str),
    Meta: map(str),
  });

  it('takes snake_case, lone values and numbers as texts', () => {
    const input = {
      external_sni: 5,
      max_conns: '7',
      INDEX: true,
      on: 'true',
      tags: 'one',
      meta: [{ a: 1 }, { b: false }],
    };
    expect(decodeMap(Target, input)).toEqual({
      value: { ExternalSNI: '5', MaxConns: 7, Index: 1, On: true, Tags: ['one'], Meta: { a: '1', b: '0' } },
      unused: [],
    });
  });

  it('lists every problem, sorted', () => {
    expect(errorOf(Target, { Tags: [{}], MaxConns: 'x', Meta: 'm' })).toBe(
      [
        '3 error(s) decoding:\n',
        "* 'Meta' expected a map, got 'string'",
        "* 'Tags[0]' expected type 'string', got unconvertible type 'map', value: 'map[]'",
        `* cannot parse 'MaxConns' as int: strconv.ParseInt: parsing "x": invalid syntax`,
      ].join('\n'),
    );
  });

  it('throws nothing but MapDecodeError, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.values(configEntryKinds) as Schema<unknown>[]), Target as Schema<unknown>),
        fc.jsonValue(),
        (schema, input) => {
          try {
            decodeMap(schema, input);
          } catch (error) {
            expect(error).toBeInstanceOf(MapDecodeError);
          }
        },
      ),
    );
  });
});
