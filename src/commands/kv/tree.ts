import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { argumentLimit, toJson, wantsJson } from '../../cli/format.ts';
import { drawTree, treeJson, treeOf } from '../../cli/kv/tree.ts';
import { kvApi } from '../../client/kv.ts';

export default defineCommand({
  summary: 'Shows keys as a tree',
  usage: 'kv tree [options] [PREFIX]',
  description: 'Draws the keys below the prefix (without one: all) as a tree of folders.',
  examples: [
    ['kv tree app/', 'All below a prefix:'],
    ['kv tree -depth=1', 'The top alone, with how much lies below:'],
  ],
  http: 'all',
  flags: {
    depth: flag.int('How many folders deep; what lies deeper is counted. 0: all.'),
    format: formatFlag,
  },
  flagsAnywhere: true,

  async run({ args, flags, out, http, progress }) {
    const json = wantsJson(flags.format);
    argumentLimit(args, 1);
    if (flags.depth < 0) throw new CliError(`Depth must not be negative: ${flags.depth}`);
    const depth = flags.depth || Number.POSITIVE_INFINITY;
    const prefix = (args[0] ?? '').replace(/^\//, '');
    progress('Reading the keys');
    const { value } = await explain('Error querying Consul agent', kvApi(http()).keys(prefix, ''));
    if (value === null && prefix !== '') throw new CliError(`Error! No key begins with: ${prefix}`);
    const tree = treeOf(value ?? [], prefix);
    out(json ? toJson(treeJson(tree, depth)) : drawTree(tree, depth));
  },
});
