import { describe, expect, it } from 'vitest';
import { translated } from '../../../../src/agent/http/translate.ts';
import type { Reply } from '../../../../src/agent/rpc/signatures.ts';

const wanNode = { Node: 'n', Address: '10.0.0.1', TaggedAddresses: { lan: '10.0.0.1', wan: '203.0.113.1' } };
const plainNode = { Node: 'p', Address: '10.0.0.2', TaggedAddresses: null };
const wanService = {
  ID: 'w',
  Address: '10.0.0.3',
  Port: 80,
  TaggedAddresses: { wan: { Address: '203.0.113.9', Port: 8080 } },
};
const portless = { ...wanService, TaggedAddresses: { wan: { Address: '203.0.113.9', Port: 0 } } };

describe('addresses of another datacenter', () => {
  it('of nodes are those for outsiders where they have one', () => {
    const reply = { Nodes: [wanNode, plainNode] } as unknown as Reply<'Catalog.ListNodes'>;
    expect(translated('Catalog.ListNodes', reply).Nodes?.map((one) => one.Address)).toEqual([
      '203.0.113.1',
      '10.0.0.2',
    ]);
  });

  it('of services come with their port, unless that has none for outsiders', () => {
    const Nodes = [wanService, portless].map((Service) => ({ Node: plainNode, Service, Checks: null }));
    const reply = translated('Health.ServiceNodes', { Nodes } as unknown as Reply<'Health.ServiceNodes'>);
    expect(reply.Nodes?.map(({ Service }) => [Service?.Address, Service?.Port])).toEqual([
      ['203.0.113.9', 8080],
      ['203.0.113.9', 80],
    ]);
  });

  it('are left alone in everything else, and what was given is never changed', () => {
    const reply = { Nodes: [wanNode] } as unknown as Reply<'Internal.NodeDump'>;
    expect(translated('Internal.NodeDump', reply)).toBe(reply);
    expect(wanNode.Address).toBe('10.0.0.1');
  });
});
