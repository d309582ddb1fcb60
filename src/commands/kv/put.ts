import { decodeBase64 } from '../../cli/base64.ts';
import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { readData } from '../../cli/data-argument.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { argumentLimit, toJson, wantsJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { kvApi } from '../../client/kv.ts';

export default defineCommand({
  summary: 'Sets or updates data in the KV store',
  usage: 'kv put [options] KEY [DATA]',
  description: `Writes DATA to the key; what was there is overwritten. Without DATA the value is empty.

DATA is the text itself, @FILE for a file's content, or - for stdin.`,
  examples: [
    ['kv put redis/config/connections 5', 'Write a value:'],
    ['kv put redis/config/password @secret.txt', 'Write what a file holds:'],
    ['kv put -cas -modify-index=844 redis/config/connections 10', 'Write only if nobody else did meanwhile:'],
  ],
  http: 'all',
  flags: {
    acquire: flag.bool('Take the lock of the key for -session, creating the key when it is not there.'),
    base64: flag.bool('DATA is base64; what it encodes is written.'),
    cas: flag.bool('Write only if the key was not changed since -modify-index, or does not exist when that is 0.'),
    flags: flag.uint64('Number stored with the key, for applications.'),
    'modify-index': flag.uint64('ModifyIndex that the key must have, with -cas.'),
    release: flag.bool('Give the lock of the key back for -session.'),
    session: flag.string('Session that takes or gives back the lock.'),
    namespace: namespaceFlag,
    format: formatFlag,
  },

  async run({ args, flags, out, err, http, stdin }) {
    const json = wantsJson(flags.format);
    if (args.length === 0) throw new CliError('Error! Missing KEY argument');
    argumentLimit(args, 2, 'Error! ', '1 or 2');
    const key = args[0]!;
    let data = await readData(args[1] ?? '', { stdin });
    if (flags.base64) {
      const { bytes, badAt } = decodeBase64(data.toString());
      // As Consul: the fault is told, and what could be read is written.
      if (badAt !== undefined) err(`Error! Cannot base 64 decode data: illegal base64 data at input byte ${badAt}\n`);
      data = bytes;
    }
    if ((flags.acquire || flags.release) && flags.session === '') {
      throw new CliError('Error! Missing -session (required with -acquire and -release)');
    }
    if (key.startsWith('/')) {
      throw new CliError(`Error! Failed writing data: Invalid key. Key must not begin with a '/': ${key}`);
    }

    const kv = kvApi(http());
    const index = flags['modify-index'];
    const done = (text: string): void => out(json ? toJson({ Key: key, Success: true }) : `Success! ${text}: ${key}\n`);
    if (flags.cas) {
      const put = kv.put(key, data, { flags: flags.flags, cas: index });
      if (await explain(`Error! Did not write to ${key}`, put)) return done('Data written to');
      const why = index === 0n ? 'CAS performed with index=0 and key already exists.' : 'CAS failed';
      throw new CliError(`Error! Did not write to ${key}: ${why}`);
    }
    const failed = 'Error! Failed writing data';
    if (flags.acquire) {
      const put = kv.put(key, data, { flags: flags.flags, acquire: flags.session });
      if (!(await explain(failed, put))) throw new CliError('Error! Did not acquire lock');
      return done('Lock acquired on');
    }
    if (flags.release) {
      const put = kv.put(key, data, { flags: flags.flags, release: flags.session });
      if (!(await explain(failed, put))) throw new CliError('Error! Did not release lock');
      return done('Lock released on');
    }
    await explain(failed, kv.put(key, data, { flags: flags.flags }));
    done('Data written to');
  },
});
