import { CliError, defineCommand, explain } from '../cli/command.ts';
import { flag, formatFlag } from '../cli/flags.ts';
import { toJson, wantsJson } from '../cli/format.ts';
import { operatorApi } from '../client/operator.ts';
import type { KeyringEntry } from '../client/operator-types.ts';

const maxRelayFactor = 5;

export default defineCommand({
  summary: 'Manages gossip layer encryption keys',
  usage: 'keyring [options]',
  description: `Lists and changes the keys with which gossip is encrypted, on every agent of every datacenter at once.

To change the key in use: -install the new one, look with -list whether everybody has it, make it the primary with -use, then -remove the old one. Only one of these at a time.`,
  examples: [
    ['keyring -list', 'The keys, and how many nodes have each:'],
    ['keyring -install=cg8StVXbQJ0gPvMd9o7yrg==', 'Give everybody a new key (see "tc keygen"):'],
  ],
  http: 'agent',
  flags: {
    list: flag.bool('Print the keys and how many nodes have each.'),
    'list-primary': flag.bool('Print the primary keys alone.'),
    install: flag.string('Give this key to everybody.'),
    use: flag.string('Encrypt with this key from now on. Everybody must have it.'),
    remove: flag.string('Forget this key. Not possible for the primary.'),
    'local-only': flag.bool('Only the pool of the own datacenter. With -list alone.'),
    'relay-factor': flag.int(
      'Answers also come by this many other nodes: for networks where packets get lost. 0 to 5.',
    ),
    format: formatFlag,
  },

  async run({ flags, out, err, help, http }) {
    const json = wantsJson(flags.format);
    const { list, 'list-primary': primary, install, use, remove } = flags;
    const actions = [list, primary, install !== '', use !== '', remove !== ''].filter(Boolean).length;
    if (actions === 0) {
      err(`${help()}`);
      return 1;
    }
    if (actions > 1) throw new CliError('Only a single action is allowed');
    const relayFactor = flags['relay-factor'];
    if (relayFactor < 0 || relayFactor > maxRelayFactor) {
      throw new CliError(`Error parsing relay factor: Relay factor must be in range: [0, ${maxRelayFactor}]`);
    }
    const localOnly = flags['local-only'];
    if (localOnly && !list) {
      throw new CliError('Error validating local-only: local-only can only be set for list requests');
    }
    const keys = operatorApi(http());
    const options = { relayFactor, localOnly };
    const say = (text: string): void => {
      if (!json) out(`==> ${text}...\n`);
    };
    if (list || primary) {
      say(`Gathering installed ${primary ? 'primary ' : ''}encryption keys`);
      const entries = await explain('error', keys.keyringList(options));
      out(json ? toJson(entries) : listing(entries, primary));
      return 0;
    }
    if (install !== '') {
      say('Installing new gossip encryption key');
      await explain('error', keys.keyringInstall(install, options));
    } else if (use !== '') {
      say('Changing primary gossip encryption key');
      await explain('error', keys.keyringUse(use, options));
    } else {
      say('Removing gossip encryption key');
      await explain('error', keys.keyringRemove(remove, options));
    }
    if (json) out(toJson({ Success: true }));
    return 0;
  },
});

function listing(entries: readonly KeyringEntry[], primary: boolean): string {
  let text = '';
  for (const { WAN, Datacenter, Segment, Keys, PrimaryKeys, NumNodes } of entries) {
    const pool = WAN ? 'WAN' : `${Datacenter} (LAN)${Segment === '' ? '' : ` [${Segment}]`}`;
    text += `\n${pool}:\n`;
    const keys = Object.entries((primary ? PrimaryKeys : Keys) ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, nodes] of keys) text += `  ${key} [${nodes}/${NumNodes}]\n`;
  }
  return text;
}
