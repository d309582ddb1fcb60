import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { argumentLimit, toJson, wantsJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { kvApi } from '../../client/kv.ts';

export default defineCommand({
  summary: 'Removes data from the KV store',
  usage: 'kv delete [options] KEY_OR_PREFIX',
  description:
    'Removes the value of the given key. A key that does not exist is no error. With -recurse everything below the prefix is removed.',
  examples: [
    ['kv delete redis/config/connections', 'Remove one key:'],
    ['kv delete -recurse redis/', 'Remove a whole tree:'],
    ['kv delete -cas -modify-index=844 redis/config/connections', 'Remove a key only if nobody changed it meanwhile:'],
  ],
  http: 'all',
  flags: {
    cas: flag.bool('Delete only if the key was not changed since -modify-index.'),
    'modify-index': flag.uint64('ModifyIndex that the key must have, with -cas.'),
    recurse: flag.bool('Delete everything below the prefix.'),
    namespace: namespaceFlag,
    format: formatFlag,
  },

  async run({ args, flags, out, http }) {
    const json = wantsJson(flags.format);
    argumentLimit(args, 1);
    const key = (args[0] ?? '').replace(/^\//, '');
    if (key === '' && !flags.recurse) throw new CliError('Error! Missing KEY argument');
    const index = flags['modify-index'];
    if (!flags.cas && index !== 0n) throw new CliError('Cannot specify -modify-index without -cas!');
    if (flags.cas && index === 0n) {
      throw new CliError('Cannot delete a key that does not exist. Provide a -modify-index greater than than 0.');
    }
    if (flags.cas && flags.recurse) throw new CliError('Cannot specify both -cas and -recurse!');

    const kv = kvApi(http());
    const done = (text: string): void => out(json ? toJson({ Key: key, Success: true }) : `Success! ${text}: ${key}\n`);
    if (flags.recurse) {
      await explain(`Error! Did not delete prefix ${key}`, kv.deleteTree(key));
      return done('Deleted keys with prefix');
    }
    if (flags.cas) {
      const deleted = await explain(`Error! Did not delete key ${key}`, kv.delete(key, { cas: index }));
      if (!deleted) throw new CliError(`Error! Did not delete key ${key}: CAS failed`);
    } else {
      await explain(`Error deleting key ${key}`, kv.delete(key));
    }
    done('Deleted key');
  },
});
