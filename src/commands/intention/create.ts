import { readFileSync } from 'node:fs';
import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { destinationOf, intentionEnd, intentionText, sourceOf } from '../../cli/intention-text.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { type Intention, intentionsApi } from '../../client/intentions.ts';
import { JsonError } from '../../lib/go-json/index.ts';
import { parseFirst } from '../../lib/go-json/parse.ts';
import { systemText } from '../../lib/system-text.ts';
import { plainJson } from '../../structs/json-decode.ts';

export default defineCommand({
  summary: 'Create intentions for service connections',
  usage: 'intention create [options] SRC DST',
  description: 'Says whether a service may talk to another. Without -deny it may.',
  examples: [
    ['intention create web db', 'web may talk to db:'],
    ["intention create -deny '*' db", 'Nobody else may:'],
    ['intention create -file web-db.json', 'From files:'],
  ],
  http: 'all',
  flags: {
    allow: flag.bool('They may talk; so it is when neither is given.'),
    deny: flag.bool('They may not talk.'),
    file: flag.bool('The arguments are JSON files, one intention each.'),
    meta: flag.pairs('Metadata as key=value.'),
    replace: flag.bool('Overwrite one that is there.'),
    namespace: namespaceFlag,
    format: formatFlag,
  },

  async run({ args, flags, out, http }) {
    const json = wantsJson(flags.format);
    if (flags.allow && flags.deny) throw new CliError('Only one of -allow or -deny may be specified.');
    const wanted = flags.file ? args.map(fromFile) : [fromArguments(args, flags.deny, flags.meta)];
    const intentions = intentionsApi(http());
    for (const intention of wanted) {
      if (flags.replace && (await replaced(intentions, intention))) continue;
      await explain(`Error creating intention "${intentionText(intention)}"`, intentions.create(intention));
      if (!json) out(`Created: ${intentionText(intention)}\n`);
    }
    if (json) out(toJson(wanted));
  },
});

function fromArguments(args: readonly string[], deny: boolean, Meta: Readonly<Record<string, string>>): Intention {
  if (args.length !== 2) throw new CliError('Error: Must specify two arguments: source and destination');
  const source = intentionEnd(args[0]!, 'source');
  const destination = intentionEnd(args[1]!, 'destination');
  return {
    SourceNS: source.namespace,
    SourceName: source.name,
    DestinationNS: destination.namespace,
    DestinationName: destination.name,
    SourceType: 'consul',
    Action: deny ? 'deny' : 'allow',
    ...(Object.keys(Meta).length > 0 && { Meta }),
  };
}

function fromFile(path: string): Intention {
  let text: Buffer;
  try {
    text = readFileSync(path);
  } catch (error) {
    throw new CliError(`Error: open ${path}: ${systemText(error)}`);
  }
  try {
    return plainJson(parseFirst(text)) as Intention;
  } catch (error) {
    throw error instanceof JsonError ? new CliError(`Error: ${error.message}`) : error;
  }
}

/** False when there is nothing to replace. */
async function replaced(intentions: ReturnType<typeof intentionsApi>, intention: Intention): Promise<boolean> {
  const [source, destination] = [sourceOf(intention), destinationOf(intention)];
  const ends = `with source "${source}" and destination "${destination}"`;
  const old = await explain(`Error looking up intention ${ends}`, intentions.exact(source, destination));
  if (old === null) return false;
  const { SourceName, DestinationName, Action, Meta } = intention;
  const changed = { ...old, SourceName, DestinationName, Action: Action ?? '', Meta: { ...old.Meta, ...Meta } };
  const { Permissions: _permissions, ...body } = changed;
  await explain(`Error replacing intention ${ends}`, intentions.update(old.ID ?? '', body));
  return true;
}
