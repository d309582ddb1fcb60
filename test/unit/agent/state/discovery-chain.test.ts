import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainError, compileChain } from '../../../../src/agent/state/discovery-chain/compile.ts';
import { customizationHash } from '../../../../src/agent/state/discovery-chain/customization-hash.ts';
import type { ChainEntries } from '../../../../src/agent/state/discovery-chain/entries.ts';
import { decodeConfigEntry } from '../../../../src/structs/config-entry-decode.ts';

function entriesOf(...documents: object[]): ChainEntries {
  const entries = documents.map((document) => decodeConfigEntry(document));
  const get = (kind: string) => (name: string) =>
    entries.find((entry) => entry.Kind === kind && entry['Name'] === name) as never;
  return {
    router: get('service-router'),
    splitter: get('service-splitter'),
    resolver: get('service-resolver'),
    defaults: get('service-defaults'),
    proxyDefaults: () => get('proxy-defaults')('global'),
  };
}

const compile = (service: string, ...documents: object[]) =>
  compileChain({
    service,
    datacenter: 'dc1',
    usedIn: 'dc1',
    trustDomain: 'trust.consul',
    entries: entriesOf(...documents),
  });
const http = (Name: string) => ({ Kind: 'service-defaults', Name, Protocol: 'http' });

describe('a discovery chain', () => {
  it('of a service without entries is one resolver', () => {
    const chain = compile('web');
    expect(chain).toMatchObject({ Protocol: 'tcp', StartNode: 'resolver:web.default.dc1' });
    expect(Object.keys(chain.Targets!)).toEqual(['web.default.dc1']);
  });

  it('makes one splitter of splitters behind each other, weights multiplied', () => {
    const chain = compile(
      'a',
      ...['a', 'b', 'c'].map(http),
      {
        Kind: 'service-splitter',
        Name: 'a',
        Splits: [
          { Weight: 50, Service: 'b' },
          { Weight: 50, Service: 'c' },
        ],
      },
      { Kind: 'service-splitter', Name: 'b', Splits: [{ Weight: 40 }, { Weight: 60, Service: 'c' }] },
    );
    const { Splits } = chain.Nodes!['splitter:a.default']!;
    expect(Splits!.map(({ Weight }) => Weight)).toEqual([20, 30, 50]);
    expect(Object.keys(chain.Nodes!)).not.toContain('splitter:b.default');
  });

  it('keeps failover targets without making nodes of them', () => {
    const chain = compile('web', {
      Kind: 'service-resolver',
      Name: 'web',
      Failover: { '*': { Datacenters: ['dc1', 'dc2'] } },
    });
    expect(chain.Nodes!['resolver:web.default.dc1']!.Resolver!.Failover!.Targets).toEqual(['web.default.dc2']);
    expect(Object.keys(chain.Nodes!)).toEqual(['resolver:web.default.dc1']);
    expect(Object.keys(chain.Targets!)).toEqual(['web.default.dc1', 'web.default.dc2']);
  });

  it.each([
    [
      'redirects in a circle',
      [
        { Kind: 'service-resolver', Name: 'a', Redirect: { Service: 'b' } },
        { Kind: 'service-resolver', Name: 'b', Redirect: { Service: 'a' } },
      ],
      /^detected circular resolver redirect: /,
    ],
    [
      'splits in a circle',
      [
        http('a'),
        http('b'),
        { Kind: 'service-splitter', Name: 'a', Splits: [{ Weight: 100, Service: 'b' }] },
        { Kind: 'service-splitter', Name: 'b', Splits: [{ Weight: 100, Service: 'a' }] },
      ],
      /^detected circular reference: /,
    ],
    [
      'a subset that is not there',
      [http('a'), { Kind: 'service-splitter', Name: 'a', Splits: [{ Weight: 100, ServiceSubset: 'v9' }] }],
      /does not have a subset named "v9"$/,
    ],
    [
      'a router over plain TCP',
      [{ Kind: 'service-router', Name: 'a', Routes: [] }],
      /does not permit advanced routing or splitting behavior$/,
    ],
  ])('is refused for %s', (_what, documents, text) => {
    expect(() => compile('a', ...documents)).toThrow(text);
  });

  it('of whatever entries ends, in a chain whose nodes and targets are all there or in a ChainError', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const split = fc.record({ Weight: fc.constantFrom(50, 100), Service: name });
    const document = fc.oneof(
      fc.record({ Kind: fc.constant('service-splitter'), Name: name, Splits: fc.array(split, { maxLength: 3 }) }),
      fc.record({ Kind: fc.constant('service-resolver'), Name: name, Redirect: fc.record({ Service: name }) }),
      fc.record({
        Kind: fc.constant('service-resolver'),
        Name: name,
        Failover: fc.constant({ '*': { Service: 'b' } }),
      }),
      fc.record({
        Kind: fc.constant('service-router'),
        Name: name,
        Routes: fc.array(fc.record({ Destination: fc.record({ Service: name }) }), { maxLength: 2 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(document, { maxLength: 6 }), (documents) => {
        try {
          const chain = compile(
            'a',
            { Kind: 'proxy-defaults', Name: 'global', Config: { protocol: 'http' } },
            ...documents,
          );
          expect(chain.Nodes![chain.StartNode]).toBeDefined();
          for (const node of Object.values(chain.Nodes!)) {
            for (const { NextNode } of [...(node.Routes ?? []), ...(node.Splits ?? [])]) {
              expect(chain.Nodes![NextNode]).toBeDefined();
            }
            if (node.Resolver !== null) expect(chain.Targets![node.Resolver.Target]).toBeDefined();
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ChainError);
        }
      }),
    );
  });
});

describe('the name of overrides', () => {
  it('is the recorded one', () => {
    expect(customizationHash({ meshGatewayMode: '', protocol: 'http', connectTimeoutNs: 7e9 })).toBe('89a4d3b7');
    expect(customizationHash({ meshGatewayMode: '', protocol: 'tcp', connectTimeoutNs: 0 })).toBe('96f2c150');
  });
});
