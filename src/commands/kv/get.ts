import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { argumentLimit, columns, toJson, wantsJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { bytesOf, kvApi } from '../../client/kv.ts';
import type { KvPair } from '../../client/types.ts';

export default defineCommand({
  summary: 'Retrieves or lists data from the KV store',
  usage: 'kv get [options] [KEY_OR_PREFIX]',
  description: `Retrieves the value of the given key. Without such a key an error is printed and the exit code is 1.

With -recurse all pairs below a prefix are printed, with -keys only their names, up to the separator.`,
  examples: [
    ['kv get redis/config/connections', 'The value of a key:'],
    ['kv get -detailed redis/config/connections', 'Also its index, flags and lock:'],
    ['kv get -keys -separator=/ redis/', 'What lies directly below a prefix:'],
  ],
  http: 'all',
  flags: {
    base64: flag.bool('Print values as base64.'),
    detailed: flag.bool('Print all that is stored with the key: indexes, flags, lock.'),
    keys: flag.bool('Print only the names below the prefix, up to the separator.'),
    recurse: flag.bool('Print all pairs below the prefix.'),
    separator: flag.string('Where -keys cuts names.', { initial: '/' }),
    namespace: namespaceFlag,
    format: formatFlag,
  },

  async run({ args, flags, out, http }) {
    argumentLimit(args, 1);
    const json = wantsJson(flags.format);
    const key = (args[0] ?? '').replace(/^\//, '');
    const listing = flags.keys || flags.recurse;
    if (key === '' && !listing) throw new CliError('Error! Missing KEY argument');
    const kv = kvApi(http());
    const failed = 'Error querying Consul agent';

    if (flags.keys) {
      const names = (await explain(failed, kv.keys(key, flags.separator))).value ?? [];
      out(json ? toJson(names) : names.map((name) => `${name}\n`).join(''));
      return;
    }
    if (flags.recurse) {
      const pairs = (await explain(failed, kv.list(key))).value ?? [];
      if (json) out(toJson(pairs));
      else if (flags.detailed) out(pairs.map((pair) => detailed(pair, flags.base64)).join('\n'));
      else
        for (const pair of pairs) out(Buffer.concat([Buffer.from(`${pair.Key}:`), shown(pair, flags.base64), newline]));
      return;
    }
    const pair = (await explain(failed, kv.get(key))).value;
    if (pair === null) throw new CliError(`Error! No key exists at: ${key}`);
    if (json) out(toJson(pair));
    else if (flags.detailed) out(detailed(pair, flags.base64));
    else out(Buffer.concat([shown(pair, flags.base64), newline]));
  },
});

const newline = Buffer.from('\n');

/** Values are bytes and stay bytes on their way to the terminal. */
const shown = (pair: KvPair, base64: boolean): Buffer => (base64 ? Buffer.from(pair.Value ?? '') : bytesOf(pair));

const detailed = (pair: KvPair, base64: boolean): string =>
  columns([
    ['CreateIndex', String(pair.CreateIndex)],
    ['Flags', String(pair.Flags)],
    ['Key', pair.Key],
    ['LockIndex', String(pair.LockIndex)],
    ['ModifyIndex', String(pair.ModifyIndex)],
    ['Session', pair.Session || '-'],
    ['Value', shown(pair, base64).toString()],
  ]);
