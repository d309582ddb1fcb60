import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import type { Matcher } from '../../cli/kv/find.ts';
import { bytesOf, kvApi } from '../../client/kv.ts';
import { messageOf } from '../../lib/message-of.ts';

/** As grep: nothing found, and could not look. */
const nothingExit = 1;
const errorExit = 2;

export default defineCommand({
  summary: 'Finds keys, or what is in their values',
  usage: 'kv find [options] TEXT [PREFIX]',
  description: `Prints the keys whose name contains the text; with -values, the lines of values that do, as KEY:LINE:TEXT. Values that are no text are passed over.

The exit code is 0 when something was found, 1 when not, 2 for errors.`,
  examples: [
    ['kv find password', 'Keys with a word in their name:'],
    ['kv find -values 10.0.0.7 app/', 'Who still uses an address:'],
    ["kv find -regex '/v[0-9]+$'", 'By a regular expression:'],
  ],
  http: 'all',
  badFlagsExit: errorExit,
  flags: {
    'ignore-case': flag.bool('Capital letters do not matter.'),
    regex: flag.bool('TEXT is a regular expression (RE2).'),
    values: flag.bool('Look into the values, not the names.'),
    format: formatFlag,
  },
  flagsAnywhere: true,

  async run({ args, flags, out, http, progress }) {
    try {
      const json = wantsJson(flags.format);
      const [pattern, prefix = '', ...more] = args;
      if (pattern === undefined) throw new CliError('Error! Missing TEXT argument');
      if (more.length > 0) throw new CliError(`Too many arguments (expected 1 or 2, got ${args.length})`);
      // The engine of patterns is nothing for the start of every command.
      const { matcherOf, matchingLines } = await import('../../cli/kv/find.ts');
      let matches: Matcher;
      try {
        matches = matcherOf(pattern, { regex: flags.regex, ignoreCase: flags['ignore-case'] });
      } catch (error) {
        throw new CliError(messageOf(error));
      }
      const kv = kvApi(http());
      const below = prefix.replace(/^\//, '');
      const failed = 'Error querying Consul agent';
      progress('Looking through the keys');
      if (!flags.values) {
        const { value } = await explain(failed, kv.keys(below, ''));
        const names = (value ?? []).filter(matches);
        out(json ? toJson(names) : names.map((name) => `${name}\n`).join(''));
        return names.length > 0 ? 0 : nothingExit;
      }
      const { value } = await explain(failed, kv.list(below));
      const found = (value ?? []).flatMap((pair) =>
        (matchingLines(bytesOf(pair), matches) ?? []).map(({ line, text }) => ({
          Key: pair.Key,
          Line: line,
          Text: text,
        })),
      );
      out(json ? toJson(found) : found.map(({ Key, Line, Text }) => `${Key}:${Line}:${Text}\n`).join(''));
      return found.length > 0 ? 0 : nothingExit;
    } catch (error) {
      throw error instanceof CliError ? new CliError(error.message, errorExit, error.cause) : error;
    }
  },
});
