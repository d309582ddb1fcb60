import { open, rename, rm } from 'node:fs/promises';
import { ByteMeter } from '../../cli/byte-meter.ts';
import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { checkArchive, fileArgument } from '../../cli/snapshot-file.ts';
import { snapshotApi } from '../../client/operator.ts';
import { messageOf } from '../../lib/message-of.ts';
import { systemText } from '../../lib/system-text.ts';

export default defineCommand({
  summary: "Saves a snapshot of the servers' state",
  usage: 'snapshot save [options] FILE',
  description: `Writes the state of the servers, as of one moment, to a file, and checks the file before it gets its name.

Whoever asks with a token has ACLs, and gets a file that is theirs alone: all tokens are in it.

With -stale any server may give it: it works without a leader, but may miss the last writes.`,
  examples: [['snapshot save backup.snap', 'From the leader:']],
  http: 'all',
  flags: { format: formatFlag },

  async run({ args, flags, out, http, progress, clientOptions }) {
    const json = wantsJson(flags.format);
    const file = fileArgument(args);
    const shown = progress('Asking for a snapshot');
    const answer = await explain('Error saving snapshot', snapshotApi(http()).save());
    const meter = new ByteMeter(() => performance.now());

    const unverified = `${file}.unverified.tmp${process.pid}`;
    const writing = (error: unknown): CliError =>
      new CliError(`Error writing unverified snapshot file: ${messageOf(error)}`);
    try {
      const handle = await open(unverified, 'wx', modes.secret).catch((error: NodeJS.ErrnoException) => {
        throw new CliError(`Error writing unverified snapshot file: open ${unverified}: ${systemText(error)}`);
      });
      try {
        const chunks = meter.count(answer.body, (done) => shown.say(`Saving the snapshot: ${done}`));
        for await (const chunk of chunks) await handle.appendFile(chunk);
        const { token, tokenFile } = clientOptions();
        // What the process may do by itself does not count, as with Consul.
        if (!token && !tokenFile) await handle.chmod(modes.plain);
        await handle.sync();
      } catch (error) {
        throw writing(error);
      } finally {
        await handle.close();
      }
      shown.say(`Verifying the snapshot: ${meter.text}`);
      const { index } = await checkArchive(unverified).catch((error: unknown) => {
        throw new CliError(`Error verifying snapshot file: ${messageOf(error)}`);
      });
      await rename(unverified, file).catch((error: unknown) => {
        throw new CliError(`Error renaming snapshot file: ${messageOf(error)}`);
      });
      out(json ? toJson({ File: file, Index: index }) : `Saved and verified snapshot to index ${index}\n`);
    } finally {
      await rm(unverified, { force: true });
    }
  },
});

/** Consul's, and what is right where the archive has secrets of the ACL system in it. */
const modes = { plain: 0o666, secret: 0o600 } as const;
