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
    ['top -record=night.tctop.gz', 'What is seen is kept for later:'],
    ['top -replay=night.tctop.gz', 'And is seen again:'],
  ],
  http: 'agent',
  flags: {
    view: flag.string('The view to begin with, and its argument: `services`, `kv app/`, `service web`.', {
      initial: 'pulse',
    }),
    'read-only': flag.bool('Take no action whatsoever: nothing in the datacenter can be changed.'),
    record: flag.string('Write what is seen, with its times, to this new file. Packed if its name ends in .gz.'),
    replay: flag.string('Show a recording instead of an agent.'),
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
    const { record, replay, 'read-only': readOnly } = flags;
    if (record !== '' && replay !== '') throw new CliError('A recording cannot be recorded: use -record or -replay');
    const api = replay === '' ? await client() : undefined;
    const options = { client: api, view, readOnly, record, replay };
    try {
      if (once) out(await topOnce(options, format === 'json', interrupted()));
      else await top(options);
    } catch (error) {
      if (error instanceof Error && error.name === 'SourceError') {
        throw new CliError(`Error querying agent: ${error.message}`);
      }
      if (error instanceof Error && /^(Settings|Recording)Error$/.test(error.name)) throw new CliError(error.message);
      throw error;
    } finally {
      api?.close();
    }
  },
});
