import { defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { argumentLimit, columns, toJson, wantsJson } from '../../cli/format.ts';
import { catalogApi } from '../../client/catalog.ts';
import type { CatalogNode, CatalogService } from '../../client/types.ts';

const shortIdLength = 8;

export default defineCommand({
  summary: 'Lists all nodes in the given datacenter',
  usage: 'catalog nodes [options]',
  description: 'Prints the nodes of the catalog, all or those that match.',
  examples: [
    ['catalog nodes -service=redis', 'Nodes that run a service:'],
    ['catalog nodes -near=_agent', 'Nearest first:'],
  ],
  http: 'all',
  flags: {
    detailed: flag.bool('Print whole ids, all addresses and metadata.'),
    filter: flag.string('Filter expression that nodes must match.'),
    near: flag.string('Node to sort by distance from; `_agent` is the one asked.'),
    'node-meta': flag.pairs('Metadata that nodes must have, as key=value.'),
    service: flag.string('Print only nodes that run this service.'),
    format: formatFlag,
  },

  async run({ args, flags, out, err, http }) {
    const json = wantsJson(flags.format);
    argumentLimit(args, 0);
    const catalog = catalogApi(http());
    const options = { near: flags.near, filter: flags.filter, nodeMeta: flags['node-meta'] };
    const nodes =
      flags.service === ''
        ? (await explain('Error listing nodes', catalog.nodes(options))).value
        : (await explain('Error listing nodes', catalog.service(flags.service, options))).value.map(nodeOf);
    if (json) return out(toJson(nodes));
    if (nodes.length === 0) return err('No nodes match the given query - try expanding your search.\n');
    out(columns(flags.detailed ? detailed(nodes) : standard(nodes)));
  },
});

type Listed = Omit<CatalogNode, 'CreateIndex' | 'ModifyIndex'>;

function nodeOf(service: CatalogService): Listed {
  const { ID, Node, Address, Datacenter, TaggedAddresses, NodeMeta } = service;
  return { ID, Node, Address, Datacenter, TaggedAddresses, Meta: NodeMeta };
}

const standard = (nodes: readonly Listed[]): string[][] => [
  ['Node', 'ID', 'Address', 'DC'],
  ...nodes.map(({ Node, ID, Address, Datacenter }) => [Node, ID.slice(0, shortIdLength), Address, Datacenter]),
];

const pairs = (map: Readonly<Record<string, string>> | null): string =>
  Object.entries(map ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(', ');

const detailed = (nodes: readonly Listed[]): string[][] => [
  ['Node', 'ID', 'Address', 'DC', 'TaggedAddresses', 'Meta'],
  ...nodes.map((node) => [
    node.Node,
    node.ID,
    node.Address,
    node.Datacenter,
    pairs(node.TaggedAddresses),
    pairs(node.Meta),
  ]),
];
