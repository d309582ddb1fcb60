import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { readData } from '../../cli/data-argument.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { countText, type Difference, differences, diffText, type Entries, type Entry } from '../../cli/kv/diff.ts';
import { parseExported } from '../../cli/kv/exported.ts';
import { bytesOf, type KvApi, kvApi } from '../../client/kv.ts';

/** As diff: they differ, and could not look. */
const differExit = 1;
const errorExit = 2;

export default defineCommand({
  summary: 'Shows what differs between two trees of keys',
  usage: 'kv diff [options] BEFORE [AFTER]',
  description: `Compares two trees. Each is a prefix, whose keys are compared by what follows it, or @FILE with the output of "kv export" (- for stdin), of which the keys below the other's prefix count.

With -other-datacenter AFTER is read there, and is the same prefix when left out. The exit code is 0 when nothing differs, 1 when something does, 2 for errors.`,
  examples: [
    ['kv diff app/ app-next/', 'Two prefixes:'],
    ['kv diff @backup.json app/', 'Since a backup:'],
    ['kv diff -other-datacenter=dc2 app/', 'Two datacenters:'],
  ],
  http: 'all',
  badFlagsExit: errorExit,
  flags: {
    names: flag.bool('Print only the keys, not what is in them.'),
    'other-datacenter': flag.string('Datacenter of AFTER.'),
    format: formatFlag,
  },
  flagsAnywhere: true,

  async run({ args, flags, out, http, stdin, progress }) {
    try {
      const json = wantsJson(flags.format);
      const other = flags['other-datacenter'];
      const [before, after = other === '' ? undefined : before, ...more] = args;
      if (before === undefined) throw new CliError('Error! Missing BEFORE argument');
      if (after === undefined) throw new CliError('Error! Missing AFTER argument');
      if (more.length > 0) throw new CliError(`Too many arguments (expected 2, got ${args.length})`);
      const kv = kvApi(http());
      progress('Reading the keys');
      const read = (side: string, beside: string, datacenter?: string): Promise<Entries> =>
        isFile(side) ? fromFile(side, isFile(beside) ? '' : beside, { stdin }) : fromStore(kv, side, datacenter);
      const changed = differences(
        await read(before, after),
        await read(after, before, other === '' ? undefined : other),
      );
      if (json) out(toJson(changed.map(asJson)));
      else if (flags.names) out(changed.map((one) => `${diffText(one).split('\n')[0]}\n`).join(''));
      else if (changed.length > 0) out(`${changed.map(diffText).join('')}\n${countText(changed)}\n`);
      return changed.length > 0 ? differExit : 0;
    } catch (error) {
      throw error instanceof CliError ? new CliError(error.message, errorExit, error.cause) : error;
    }
  },
});

const isFile = (side: string): boolean => side.startsWith('@') || side === '-';

const withoutSlash = (prefix: string): string => prefix.replace(/^\//, '');

async function fromStore(kv: KvApi, prefix: string, datacenter: string | undefined): Promise<Entries> {
  const start = withoutSlash(prefix);
  const { value } = await explain('Error querying Consul agent', kv.list(start, { datacenter }));
  const entry = (pair: Parameters<typeof bytesOf>[0]): Entry => ({ value: bytesOf(pair), flags: pair.Flags });
  return new Map((value ?? []).map((pair) => [pair.Key.slice(start.length), entry(pair)]));
}

async function fromFile(side: string, prefix: string, io: Parameters<typeof readData>[1]): Promise<Entries> {
  const start = withoutSlash(prefix);
  const entries = parseExported((await readData(side, io)).toString());
  return new Map(
    entries
      .filter(({ key }) => key.startsWith(start))
      .map(({ key, flags, value }) => [key.slice(start.length), { value: Buffer.from(value, 'base64'), flags }]),
  );
}

const asJson = ({ key, before, after }: Difference): unknown => ({
  Key: key,
  Change: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
  Before: sideJson(before),
  After: sideJson(after),
});

const sideJson = (entry: Entry | undefined): unknown =>
  entry === undefined ? null : { Value: entry.value.toString('base64'), Flags: entry.flags };
