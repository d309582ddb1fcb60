/** `tc validate`: the configuration files of an agent, read and checked without starting one. */
import { defineCommand } from '../cli/command.ts';
import { flag } from '../cli/flags.ts';

export default defineCommand({
  summary: 'Validate config files/directories',
  usage: 'validate [options] FILE_OR_DIRECTORY...',
  description:
    'Reads configuration files as an agent would that starts with them, and says what is wrong. In directories, files whose name ends in .json or .hcl are read.',
  flags: {
    'config-format': flag.string('The format of all files: hcl or json. By the extension unless given.', {
      choices: ['hcl', 'json'],
    }),
    quiet: flag.bool('Print nothing when the configuration is valid.'),
  },
  async run({ args, flags, out, err }) {
    const { nodeHost } = await import('../agent/config/host-node.ts');
    const { validateFiles } = await import('../agent/config/validate.ts');
    const { stdout, stderr, exitCode } = validateFiles(
      args,
      { format: flags['config-format'], quiet: flags.quiet },
      nodeHost,
    );
    out(stdout);
    err(stderr);
    return exitCode;
  },
});
