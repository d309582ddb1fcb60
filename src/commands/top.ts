import { isatty } from 'node:tty';
import { CliError, defineCommand } from '../cli/command.ts';
import { flag } from '../cli/flags.ts';

export default defineCommand({
  summary: 'Shows the datacenter live on a full screen',
  usage: 'top [options]',
  description: `A dashboard of the datacenter: what is wrong right now, members, services and their checks, the KV tree, sessions and
locks, Raft, metrics, and the agent's log. It follows changes as they happen and needs nothing but the HTTP API of any
Consul agent. What the token may not see is shown as such.

Press ? for the keys.`,
  examples: [
    ['top', 'The dashboard:'],
    ['top -http-addr=10.0.0.7:8500', 'Of another agent:'],
    ['top -view="service web" -read-only', 'At a service, without any way to change something:'],
    ['top -once -view=services -format=json', 'A view for a script:'],
  ],
  http: 'agent',
  flags: {
    view: flag.string('The view to begin with, and its argument: `services`, `kv app/`, `service web`.', {
      initial: 'pulse',
    }),
    'read-only': flag.bool('Take no action whatsoever: nothing in the datacenter can be changed.'),
    once: flag.bool('Print the view once and exit. Needs no terminal.'),
    format: flag.string('Output format of -once: `text` or `json`.', { initial: 'text', choices: ['text', 'json'] }),
  },

  async run({ args, flags, out, client, interrupted }) {
    if (args.length > 0) throw new CliError(`Too many arguments (expected 0, got ${args.length})`);
    const { once, format, view } = flags;
    if (format !== 'text' && format !== 'json') throw new CliError(`Unknown format: ${format}`);
    if (!once && !(isatty(0) && isatty(1))) {
      throw new CliError('tc top needs a terminal to draw on. For scripts: tc top -once [-format=json]');
    }
    const { top, topOnce, parseView, viewNames } = await import('../tui/main.ts');
    if (parseView(view) === undefined) {
      throw new CliError(`There is no view "${view}", or it wants a name after it. Views: ${viewNames.join(', ')}`);
    }
    const api = await client();
    try {
      if (once) out(await topOnce(api, view, format === 'json', interrupted()));
      else await top({ client: api, view, readOnly: flags['read-only'] });
    } catch (error) {
      if (error instanceof Error && error.name === 'SourceError') {
        throw new CliError(`Error querying agent: ${error.message}`);
      }
      if (error instanceof Error && error.name === 'SettingsError') throw new CliError(error.message);
      throw error;
    } finally {
      api.close();
    }
  },
});
