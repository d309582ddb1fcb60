import { readFileSync } from 'node:fs';
import { CliError, defineCommand, explain, type Io } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { configApi } from '../../client/config.ts';
import { parseHcl } from '../../lib/hcl/hcl.ts';
import { messageOf } from '../../lib/message-of.ts';
import { systemText } from '../../lib/system-text.ts';
import { entrySchema } from '../../structs/config-entry.ts';
import { decodeConfigEntry } from '../../structs/config-entry-decode.ts';
import { renderText } from '../../structs/json.ts';
import type { Schema } from '../../structs/schema.ts';

export default defineCommand({
  summary: 'Create or update a centralized config entry',
  usage: 'config write [options] <configuration>',
  description: 'Reads a config entry, in HCL or JSON, from a file or from stdin (-), and writes it.',
  examples: [
    ['config write web.hcl', 'From a file:'],
    ['config write -', 'From stdin:'],
  ],
  http: 'all',
  flags: {
    cas: flag.bool('Write only if the index of the entry is the one of -modify-index.'),
    'modify-index': flag.uint64('The index for -cas. 0: only if there is no such entry yet.'),
    namespace: namespaceFlag,
    format: formatFlag,
  },

  async run({ args, flags, err, out, stdin, http }) {
    const json = wantsJson(flags.format);
    if (args.length !== 1) {
      throw new CliError('Must provide exactly one positional argument to specify the config entry to write');
    }
    const entry = decoded(await read(args[0]!, { stdin }));
    const name = `${entry.Kind}/${entry.Kind === 'mesh' ? 'mesh' : entry['Name']}`;
    const body = renderText(entrySchema(entry.Kind) as Schema<unknown>, entry, 'compact');
    const options = flags.cas ? { cas: String(flags['modify-index']) } : {};
    const written = await explain(`Error writing config entry ${name}`, configApi(http()).set(body, options));
    if (written)
      return out(
        json ? toJson({ Kind: entry.Kind, Name: entry['Name'], Written: true }) : `Config entry written: ${name}\n`,
      );
    err(`Config entry not updated: ${name}\n`);
    return 1;
  },
});

async function read(source: string, io: Pick<Io, 'stdin'>): Promise<string> {
  if (source === '-') return (await io.stdin()).toString();
  try {
    return readFileSync(source, 'utf8');
  } catch (error) {
    throw new CliError(`Failed to load data: Failed to read file: open ${source}: ${systemText(error)}`);
  }
}

function decoded(text: string): ReturnType<typeof decodeConfigEntry> {
  try {
    return decodeConfigEntry(parseHcl(text));
  } catch (error) {
    throw new CliError(`Failed to decode config entry input: ${messageOf(error)}`);
  }
}
