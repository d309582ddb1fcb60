import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { formatFlag } from '../../cli/flags.ts';
import { argumentLimit, toJson, wantsJson } from '../../cli/format.ts';
import { snapshotApi } from '../../client/operator.ts';
import { systemText } from '../../client/settings.ts';

export default defineCommand({
  summary: "Saves a snapshot of the servers' state",
  usage: 'snapshot save [options] FILE',
  description: `Writes the state of the servers, as of one moment, to a file, and checks the file before it gets its name.

With -stale any server may give it: it works without a leader, but may miss the last writes.`,
  examples: [['snapshot save backup.snap', 'From the leader:']],
  http: 'all',
  flags: { format: formatFlag },

  async run({ args, flags, out, http }) {
    const json = wantsJson(flags.format);
    const [file] = args;
    if (file === undefined) throw new CliError('Missing FILE argument');
    argumentLimit(args, 1);
    const answer = await explain('Error saving snapshot', snapshotApi(http()).save());

    const unverified = `${file}.unverified.tmp${process.pid}`;
    const writing = (error: unknown): CliError =>
      new CliError(`Error writing unverified snapshot file: ${textOf(error)}`);
    try {
      const handle = await open(unverified, 'wx').catch((error: NodeJS.ErrnoException) => {
        throw new CliError(`Error writing unverified snapshot file: open ${unverified}: ${systemText(error)}`);
      });
      try {
        for await (const chunk of answer.body) await handle.write(chunk);
        await handle.sync();
      } catch (error) {
        throw writing(error);
      } finally {
        await handle.close();
      }
      const { verifySnapshot } = await import('../../client/snapshot-archive.ts');
      const { Index } = await verifySnapshot(createReadStream(unverified)).catch((error: unknown) => {
        throw new CliError(`Error verifying snapshot file: ${textOf(error)}`);
      });
      await rename(unverified, file).catch((error: unknown) => {
        throw new CliError(`Error renaming snapshot file: ${textOf(error)}`);
      });
      out(json ? toJson({ File: file, Index }) : `Saved and verified snapshot to index ${Index}\n`);
    } finally {
      await rm(unverified, { force: true });
    }
  },
});

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
