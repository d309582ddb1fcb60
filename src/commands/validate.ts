/** `tc validate`: the configuration files of an agent, read and checked without starting one. */
import { defineCommand } from '../cli/command.ts';
import { flag, formatFlag } from '../cli/flags.ts';
import { toJson, wantsJson } from '../cli/format.ts';

export default defineCommand({
  summary: 'Validate config files/directories',
  usage: 'validate [options] FILE_OR_DIRECTORY...',
  description:
    'Reads configuration files as an agent would that starts with them, and says what is wrong. In directories, files whose name ends in .json or .hcl are read.',
  examples: [
    ['validate /etc/tc.d', 'All files of a directory:'],
    ['validate -quiet web.hcl && tc reload', 'Before a reload:'],
  ],
  flags: {
    'config-format': flag.string('The format of all files: hcl or json. By the extension unless given.', {
      choices: ['hcl', 'json'],
    }),
    quiet: flag.bool('Print nothing when the configuration is valid.'),
    format: formatFlag,
  },
  async run({ args, flags, out, err }) {
    const json = wantsJson(flags.format);
    const { nodeHost } = await import('../agent/config/host-node.ts');
    const { validateFiles } = await import('../agent/config/validate.ts');
    const { stdout, stderr, exitCode } = validateFiles(
      args,
      { format: flags['config-format'], quiet: flags.quiet },
      nodeHost,
    );
    if (json) {
      const Messages = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
      out(toJson({ Valid: exitCode === 0, Messages }));
      return exitCode;
    }
    out(stdout);
    err(stderr);
    return exitCode;
  },
});
