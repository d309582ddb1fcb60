import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { intentionText } from '../../cli/intention-text.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { intentionsApi } from '../../client/intentions.ts';

export default defineCommand({
  summary: 'Show intentions that match a source or destination',
  usage: 'intention match [options] SRC|DST',
  description: 'Prints the intentions that concern a service, in the order in which they count.',
  examples: [
    ['intention match db', 'Who may talk to db?'],
    ['intention match -source web', 'To whom may web talk?'],
  ],
  http: 'all',
  badFlagsExit: 2,
  flags: {
    destination: flag.bool('The service is the destination; so it is when neither is given.'),
    source: flag.bool('The service is the source.'),
    namespace: namespaceFlag,
    format: formatFlag,
  },

  async run({ args, flags, out, http }) {
    const json = wantsJson(flags.format);
    if (args.length !== 1) throw new CliError('Error: command requires exactly one argument: src or dst');
    if (flags.source && flags.destination) {
      throw new CliError('Error: only one of -source or -destination may be specified');
    }
    const asked = intentionsApi(http()).match(flags.source ? 'source' : 'destination', args[0]!);
    const found = await explain('Error matching the connection', asked);
    if (json) return out(toJson(found));
    out(found.map((one) => `${intentionText(one)}\n`).join(''));
  },
});
