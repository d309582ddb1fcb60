import { CliError, defineCommand } from '../../cli/command.ts';
import { formatFlag } from '../../cli/flags.ts';
import { columns, toJson, wantsJson } from '../../cli/format.ts';
import { destinationOf, sourceOf } from '../../cli/intention-text.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import type { ApiError } from '../../client/errors.ts';
import { type Intention, intentionsApi } from '../../client/intentions.ts';

export default defineCommand({
  summary: 'Show information about an intention',
  usage: 'intention get [options] SRC DST',
  description: 'Prints an intention, found by its source and destination, or by its identifier.',
  examples: [
    ['intention get web db', 'By its ends:'],
    ['intention get e9ebc19f-d481-42b1-4871-4d298d3acd5c', 'By its identifier:'],
  ],
  http: 'all',
  flags: { namespace: namespaceFlag, format: formatFlag },

  async run({ args, flags, out, http }) {
    const json = wantsJson(flags.format);
    if (args.length !== 1 && args.length !== 2) throw new CliError('command requires exactly 1 or 2 arguments');
    const intentions = intentionsApi(http());
    const [source, destination] = args as [string, string?];
    const found = await worded(
      destination === undefined ? intentions.get(source) : intentions.exact(source, destination),
    );
    if (found === null) {
      throw new CliError(`Intention not found with source "${source}" and destination "${destination}"`);
    }
    out(json ? toJson(found) : shown(found));
  },
});

/** These requests alone word their refusals without "code". */
async function worded<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    // By name: the client that threw may be of another bundle.
    if (!(error instanceof Error) || error.name !== 'ApiError') throw error;
    const { status, text, message } = error as ApiError;
    const why = status === 0 ? message : `Unexpected response ${status}: ${text}`;
    throw new CliError(`Error reading the intention: ${why}`);
  }
}

function shown(intention: Intention): string {
  const { Action, ID, Description, Meta, CreatedAt, Permissions } = intention;
  const rows: [string, string][] = [
    ['Source:', sourceOf(intention)],
    ['Destination:', destinationOf(intention)],
  ];
  if (Action) rows.push(['Action:', Action]);
  if (ID) rows.push(['ID:', ID]);
  if (Description) rows.push(['Description:', Description]);
  for (const [key, value] of Object.entries(Meta ?? {}).sort()) rows.push([`Meta[${key}]:`, value]);
  rows.push(['Created At:', longDate(CreatedAt ?? '0001-01-01T00:00:00Z')]);
  if (!Permissions || Permissions.length === 0) return columns(rows);
  return `${columns(rows)}Permissions:\n${JSON.stringify(Permissions, null, '  ')}\n`;
}

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (number: number): string => String(number).padStart(2, '0');

/** RFC 850: `Monday, 02-Jan-06 15:04:05 UTC`. */
function longDate(text: string): string {
  const date = new Date(text);
  const day = `${two(date.getUTCDate())}-${months[date.getUTCMonth()]}-${two(date.getUTCFullYear() % 100)}`;
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  return `${days[date.getUTCDay()]}, ${day} ${time} UTC`;
}
