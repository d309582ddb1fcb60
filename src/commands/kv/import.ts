import { decodeBase64 } from '../../cli/base64.ts';
import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { readData } from '../../cli/data-argument.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { argumentLimit, toJson, wantsJson } from '../../cli/format.ts';
import { parseExported } from '../../cli/kv/exported.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { kvApi } from '../../client/kv.ts';

export default defineCommand({
  summary: 'Imports a tree stored as JSON to the KV store',
  usage: 'kv import [DATA]',
  description: `Writes the entries of a JSON list as made by "kv export". Keys that exist are overwritten.

DATA is the text itself, @FILE for a file's content, or - for stdin.`,
  examples: [
    ['kv import @values.json', 'From a file:'],
    ['kv import -prefix=copy/ -', 'From stdin, below another prefix:'],
  ],
  http: 'all',
  flags: {
    prefix: flag.string('Put before every key.'),
    namespace: namespaceFlag,
    format: formatFlag,
  },

  async run({ args, flags, out, http, stdin }) {
    const json = wantsJson(flags.format);
    if (args.length === 0) throw new CliError('Error! Missing DATA argument');
    argumentLimit(args, 1, 'Error! ');
    const kv = kvApi(http());
    const entries = parseExported((await readData(args[0]!, { stdin })).toString());
    const imported: string[] = [];
    for (const entry of entries) {
      const { bytes, badAt } = decodeBase64(entry.value);
      if (badAt !== undefined) {
        throw new CliError(
          `Error base 64 decoding value for key ${entry.key}: illegal base64 data at input byte ${badAt}`,
        );
      }
      const key = joinKey(flags.prefix, entry.key);
      const put = kv.put(key, bytes, { flags: entry.flags });
      await explain(`Error! Failed writing data for key ${entry.key}`, put);
      imported.push(key);
      if (!json) out(`Imported: ${key}\n`);
    }
    if (json) out(toJson(imported));
  },
});

/** As a path: one slash between, none doubled, none in front. */
function joinKey(prefix: string, key: string): string {
  const parts = `${prefix}/${key}`.split('/').filter((part) => part !== '');
  return parts.join('/') + (key.endsWith('/') ? '/' : '');
}
