import { defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { argumentLimit, columns, toJson, wantsJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { type CatalogApi, catalogApi } from '../../client/catalog.ts';

export default defineCommand({
  summary: 'Lists all registered services in a datacenter',
  usage: 'catalog services [options]',
  description: 'Prints the names of the services of the catalog, all or those of one node.',
  examples: [['catalog services -tags', 'With their tags:']],
  http: 'all',
  flags: {
    node: flag.string('Print only services of this node, by name or id.'),
    'node-meta': flag.pairs('Metadata that the nodes must have, as key=value.'),
    tags: flag.bool('Print the tags of each service.'),
    namespace: namespaceFlag,
    format: formatFlag,
  },

  async run({ args, flags, out, err, http }) {
    const json = wantsJson(flags.format);
    argumentLimit(args, 0);
    const catalog = catalogApi(http());
    const asked =
      flags.node === ''
        ? catalog.services({ nodeMeta: flags['node-meta'] }).then(({ value }) => value)
        : ofNode(catalog, flags.node, flags['node-meta']);
    const services = await explain('Error listing services', asked);
    const names = Object.keys(services).sort();
    if (json) return out(toJson(flags.tags ? services : names));
    if (names.length === 0) return err('No services match the given query - try expanding your search.\n');
    const tagsOf = (name: string): string => [...(services[name] ?? [])].sort().join(',');
    out(flags.tags ? columns(names.map((name) => [name, tagsOf(name)])) : names.map((name) => `${name}\n`).join(''));
  },
});

/** Names and tags of one node's services; several instances count as one service. */
async function ofNode(
  catalog: CatalogApi,
  node: string,
  nodeMeta: Readonly<Record<string, string>>,
): Promise<Record<string, readonly string[]>> {
  const { value } = await catalog.node(node, { nodeMeta });
  const services: Record<string, readonly string[]> = {};
  for (const { Service, Tags } of Object.values(value?.Services ?? {})) {
    services[Service] = [...new Set([...(services[Service] ?? []), ...(Tags ?? [])])];
  }
  return services;
}
