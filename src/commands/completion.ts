import { resolve } from 'node:path';
import { isSea } from 'node:sea';
import { defineCommand } from '../cli/command.ts';
import { flag } from '../cli/flags.ts';

export default defineCommand({
  summary: 'Prints a script that completes command lines',
  usage: 'completion [options] bash|zsh|fish',
  description: `Prints a script for the given shell that completes commands, flags and what stands behind them: services, nodes, keys, accessors of tokens and more, as the agent knows them. Answers are kept for a few seconds. Without an agent that answers, what is known without one is completed.`,
  examples: [
    ['completion bash > ~/.local/share/bash-completion/completions/tc', 'For bash:'],
    ['completion zsh > ~/.zsh/functions/_tc', 'For zsh, where $fpath has the folder:'],
    ['completion fish > ~/.config/fish/completions/tc.fish', 'For fish:'],
  ],
  flags: { complete: flag.bool('Print what may stand in place of the last word; for the scripts.') },

  async run(context) {
    const { args, flags, out, err, help, commands } = context;
    if (flags.complete) {
      const { answer } = await import('../cli/completion/answer.ts');
      out(await answer(args, commands, context));
      return 0;
    }
    const { completionScript, shells } = await import('../cli/completion/scripts.ts');
    const shell = shells.find((name) => name === args[0]);
    if (shell === undefined || args.length !== 1) {
      const why = args.length === 1 ? `Unknown shell: ${args[0]}` : 'The name of one shell must be specified.';
      err(`${why}\n\n${help()}`);
      return 1;
    }
    out(completionScript(shell, isSea() ? process.execPath : resolve(process.argv[1] ?? 'tc')));
    return 0;
  },
});
