import { defineCommand } from '../cli/command.ts';
import { flag } from '../cli/flags.ts';
import { toJson, wantsJson } from '../cli/format.ts';
import { consulVersion, ownVersion, protocol } from '../cli/version.ts';

export default defineCommand({
  summary: 'Prints the version',
  usage: 'version [options]',
  description: 'Prints the version of tc, as build metadata of the Consul version it is compatible with.',
  examples: [
    ['version', 'Of this program:'],
    ['version -format=json', 'For a script:'],
  ],
  flags: {
    format: flag.string('Output format.', { initial: 'pretty', choices: ['pretty', 'json'] }),
  },

  run({ flags, out }) {
    if (wantsJson(flags.format)) {
      const { default: Default, min: Min, max: Max } = protocol;
      out(toJson({ Version: consulVersion, Revision: `tc-${ownVersion}`, Prerelease: '', RPC: { Default, Min, Max } }));
      return;
    }
    out(
      `Consul v${consulVersion}+tc.${ownVersion}\n` +
        `Protocol ${protocol.default} spoken by default, understands ${protocol.min} to ${protocol.max} ` +
        `(agent will automatically use protocol >${protocol.default} when speaking to compatible agents)\n\n`,
    );
  },
});
