import { randomBytes } from 'node:crypto';
import { defineCommand } from '../cli/command.ts';
import { formatFlag } from '../cli/flags.ts';
import { toJson, wantsJson } from '../cli/format.ts';

const keyBytes = 32;

export default defineCommand({
  summary: 'Generates a new encryption key',
  usage: 'keygen',
  description:
    "Prints a new random key for the encryption of the agents' traffic, in base64 as the configuration wants it.",
  examples: [['keygen', 'A key for `encrypt` in the configuration of all agents:']],
  flags: { format: formatFlag },

  run({ flags, out }) {
    const json = wantsJson(flags.format);
    const key = randomBytes(keyBytes).toString('base64');
    out(json ? toJson({ Key: key }) : `${key}\n`);
  },
});
