import { defineCommand, explain } from '../cli/command.ts';
import { flag } from '../cli/flags.ts';
import { wantsJson } from '../cli/format.ts';
import { LiveLog } from '../cli/monitor/live-log.ts';
import { agentApi } from '../client/agent.ts';
import { messageOf } from '../lib/message-of.ts';

const levels: readonly string[] = ['trace', 'debug', 'info', 'warn', 'err'];

export default defineCommand({
  summary: 'Stream logs from a Consul agent',
  usage: 'monitor [options]',
  description: `Prints what the agent logs, from now on, until interrupted. The level may be finer than that of its own log.

On a terminal keys change the level while it runs: t, d, i, w and e for one of them, + for more, - for less. Enter
leaves a blank line, q ends.`,
  examples: [['monitor -log-level=debug', 'In detail:']],
  http: 'agent',
  flags: {
    'log-json': flag.bool('One JSON object a line.'),
    'log-level': flag.string('Lowest level to print: trace, debug, info, warn or err.', {
      initial: 'INFO',
      choices: levels,
    }),
    format: flag.string('`json` does the same as -log-json.', {
      initial: 'pretty',
      extra: true,
      choices: ['pretty', 'json'],
    }),
  },

  async run({ flags, out, err, http, interrupted, isTerminal, keys }) {
    const logJson = wantsJson(flags.format) || flags['log-json'];
    const quit = new AbortController();
    const signal = AbortSignal.any([interrupted(), quit.signal]);
    const agent = agentApi(http());
    const log = new LiveLog((logLevel, stop) => agent.monitor({ logLevel, logJson, signal: stop }), out, signal);
    try {
      let level = flags['log-level'];
      await explain('Error starting monitor', log.open(level));
      if (isTerminal('stdin') && isTerminal('stdout')) {
        keys((key) => {
          if (key === 'q') return quit.abort();
          if (key === '\r') return out('\n');
          const wanted = levelFor(key, level);
          if (wanted === undefined || wanted === level) return;
          level = wanted;
          log.change(wanted).then(
            () => err(`-- level ${wanted}\n`),
            (error: unknown) => err(`-- ${messageOf(error)}\n`),
          );
        }, signal);
        err('Level keys: t d i w e + -   q: quit\n');
      }
      await log.ended;
      if (!signal.aborted)
        err('\nRemote side ended the monitor! This usually means that the\nremote side exited or crashed.\n');
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      quit.abort();
    }
  },
});

/** The level that a key asks for; undefined for keys that ask for none. */
function levelFor(key: string, now: string): string | undefined {
  const at = levels.indexOf(now.toLowerCase());
  if (key === '+') return levels[Math.max(0, at - 1)];
  if (key === '-') return levels[Math.min(levels.length - 1, at + 1)];
  return levels.find((level) => level.startsWith(key));
}
