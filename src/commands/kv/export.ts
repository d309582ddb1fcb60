import { defineCommand, explain } from '../../cli/command.ts';
import { argumentLimit, toJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { kvApi } from '../../client/kv.ts';

export default defineCommand({
  summary: 'Exports a tree from the KV store as JSON',
  usage: 'kv export [KEY_OR_PREFIX]',
  description: 'Prints everything below the prefix (without one: everything) as JSON that "kv import" reads.',
  examples: [['kv export vault', 'Everything below a prefix:']],
  http: 'all',
  flags: { namespace: namespaceFlag },

  async run({ args, out, http }) {
    argumentLimit(args, 1);
    const prefix = (args[0] ?? '').replace(/^\//, '');
    const { value } = await explain('Error querying Consul agent', kvApi(http()).list(prefix));
    const entries = (value ?? []).map(({ Key, Flags, Value }) => ({ key: Key, flags: Flags, value: Value ?? '' }));
    out(toJson(entries, '\t'));
  },
});
