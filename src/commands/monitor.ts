import { defineCommand, explain } from '../cli/command.ts';
import { flag } from '../cli/flags.ts';
import { wantsJson } from '../cli/format.ts';
import { agentApi } from '../client/agent.ts';

export default defineCommand({
  summary: 'Stream logs from a Consul agent',
  usage: 'monitor [options]',
  description:
    'Prints what the agent logs, from now on, until interrupted. The level may be finer than that of its own log.',
  examples: [['monitor -log-level=debug', 'In detail:']],
  http: 'agent',
  flags: {
    'log-json': flag.bool('One JSON object a line.'),
    'log-level': flag.string('Lowest level to print: trace, debug, info, warn or err.', {
      initial: 'INFO',
      choices: ['trace', 'debug', 'info', 'warn', 'err'],
    }),
    format: flag.string('`json` does the same as -log-json.', {
      initial: 'pretty',
      extra: true,
      choices: ['pretty', 'json'],
    }),
  },

  async run({ flags, out, err, http, interrupted }) {
    const logJson = wantsJson(flags.format) || flags['log-json'];
    const signal = interrupted();
    const options = { logLevel: flags['log-level'], logJson, signal };
    try {
      const log = await explain('Error starting monitor', agentApi(http()).monitor(options));
      for await (const chunk of log) out(chunk);
      err('\nRemote side ended the monitor! This usually means that the\nremote side exited or crashed.\n');
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
});
