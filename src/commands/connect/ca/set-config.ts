import { readFileSync } from 'node:fs';
import { CliError, defineCommand, explain } from '../../../cli/command.ts';
import { flag, formatFlag } from '../../../cli/flags.ts';
import { toJson, wantsJson } from '../../../cli/format.ts';
import { type CaConfiguration, connectApi } from '../../../client/connect.ts';
import { messageOf } from '../../../lib/message-of.ts';
import { systemText } from '../../../lib/system-text.ts';

export default defineCommand({
  summary: 'Update the certificate authority configuration',
  usage: 'connect ca set-config [options]',
  description: `Changes by which provider and with which settings the certificates of the mesh are issued.

Another private key or root certificate makes another root. The one before vouches for it, and is trusted until nothing that it signed can be valid any more.`,
  examples: [
    [
      'connect ca set-config -config-file ca.json',
      'From a file like {"Provider": "consul", "Config": {"LeafCertTTL": "24h"}}:',
    ],
  ],
  http: 'all',
  flags: {
    'config-file': flag.string('JSON file with Provider and Config. Required.'),
    'force-without-cross-signing': flag.bool(
      'Go on when the old root cannot vouch for the new one. Connections fail until everybody has new certificates.',
    ),
    format: formatFlag,
  },

  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    const path = flags['config-file'];
    if (path === '') throw new CliError('The -config-file flag is required');
    const config = parse(read(path));
    const forced = flags['force-without-cross-signing'] ? { ForceWithoutCrossSigning: true } : {};
    await explain('Error setting CA configuration', connectApi(http()).setCaConfiguration({ ...config, ...forced }));
    out(json ? toJson({ Updated: true }) : 'Configuration updated!\n');
  },
});

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`Error reading config file: open ${path}: ${systemText(error)}`);
  }
}

function parse(text: string): CaConfiguration {
  try {
    return JSON.parse(text) as CaConfiguration;
  } catch (error) {
    throw new CliError(`Error parsing config file: ${messageOf(error)}`);
  }
}
