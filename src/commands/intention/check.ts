import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { intentionsApi } from '../../client/intentions.ts';

export default defineCommand({
  summary: 'Check whether a connection between two services is allowed',
  usage: 'intention check [options] SRC DST',
  description:
    'Tells whether a service may talk to another. The exit code is 0 if it may, 1 if not, 2 if nobody knows.',
  examples: [['intention check web db', 'May web talk to db?']],
  http: 'all',
  badFlagsExit: 2,
  flags: { namespace: namespaceFlag, format: formatFlag },

  async run({ args, flags, out, http }) {
    const json = wantsJson(flags.format);
    if (args.length !== 2) throw new CliError('Error: command requires exactly two arguments: src and dst', 2);
    const asked = intentionsApi(http()).check(args[0]!, args[1]!);
    const allowed = await explain('Error checking the connection', asked).catch((error: unknown) => {
      throw error instanceof CliError ? new CliError(error.message, 2, error.cause) : error;
    });
    if (json) out(toJson({ Allowed: allowed }));
    else out(allowed ? 'Allowed\n' : 'Denied\n');
    return allowed ? 0 : 1;
  },
});
