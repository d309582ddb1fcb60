import { isatty } from 'node:tty';
import { CliError, defineCommand } from '../cli/command.ts';
import { flag } from '../cli/flags.ts';

export default defineCommand({
  summary: 'Shows the datacenter live on a full screen',
  usage: 'top [options]',
  description: `A dashboard of the datacenter: leader, members, servers and Raft, requests and commits, the KV tree, sessions and
locks, and the agent's log. It follows changes as they happen and needs nothing but the HTTP API of any Consul agent.

Press ? for the keys.`,
  examples: [
    ['top', 'The dashboard:'],
    ['top -http-addr=10.0.0.7:8500', 'Of another agent:'],
    ['top -once -format=json', 'The overview for a script:'],
  ],
  http: 'agent',
  flags: {
    once: flag.bool('Print the overview once and exit. Needs no terminal.'),
    format: flag.string('Output format of -once: `text` or `json`.', { initial: 'text', choices: ['text', 'json'] }),
  },

  async run({ args, flags, out, client, interrupted }) {
    if (args.length > 0) throw new CliError(`Too many arguments (expected 0, got ${args.length})`);
    const { once, format } = flags;
    if (format !== 'text' && format !== 'json') throw new CliError(`Unknown format: ${format}`);
    if (!once && !(isatty(0) && isatty(1))) {
      throw new CliError('tc top needs a terminal to draw on. For scripts: tc top -once [-format=json]');
    }
    const api = await client();
    try {
      const { top, topOnce } = await import('../tui/main.ts');
      if (once) out(await topOnce(api, format === 'json', interrupted()));
      else await top(api);
    } catch (error) {
      if (error instanceof Error && error.name === 'SourceError') {
        throw new CliError(`Error querying agent: ${error.message}`);
      }
      throw error;
    } finally {
      api.close();
    }
  },
});
