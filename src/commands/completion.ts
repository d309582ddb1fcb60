import { CliError, defineCommand } from '../cli/command.ts';
import { completionScript, shells } from '../cli/completion.ts';

export default defineCommand({
  summary: 'Prints a script that completes command lines',
  usage: `completion ${shells.join('|')}`,
  description:
    'Prints a script for the given shell that completes commands and flags. Every line of it is static: completing asks nobody.',
  examples: [
    ['completion bash > /etc/bash_completion.d/tc', 'For all users of bash:'],
    ['completion zsh > ~/.zsh/functions/_tc', 'For zsh:'],
    ['completion fish > ~/.config/fish/completions/tc.fish', 'For fish:'],
  ],
  flagsAnywhere: true,

  async run({ args, out, err, help, allCommands }) {
    const shell = shells.find((name) => name === args[0]);
    if (shell === undefined || args.length !== 1) {
      const why = args.length === 1 ? `Unknown shell: ${args[0]}` : 'The name of one shell must be specified.';
      err(`${why}\n\n${help()}`);
      return 1;
    }
    const definitions = await allCommands();
    if (Object.keys(definitions).length === 0) throw new CliError('No commands to complete');
    out(completionScript(shell, definitions));
    return 0;
  },
});
