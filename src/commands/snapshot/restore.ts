import { ByteMeter } from '../../cli/byte-meter.ts';
import { defineCommand, explain } from '../../cli/command.ts';
import { formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { fileArgument, openSnapshotFile } from '../../cli/snapshot-file.ts';
import { snapshotApi } from '../../client/operator.ts';

export default defineCommand({
  summary: "Restores a snapshot of the servers' state",
  usage: 'snapshot restore [options] FILE',
  description:
    'Replaces the whole state of the servers by that of a file made by "snapshot save". Meant for recovery into a fresh cluster: whatever is there is lost.',
  examples: [['snapshot restore backup.snap', 'From a file:']],
  http: 'all',
  flags: { format: formatFlag },

  async run({ args, flags, out, http, progress }) {
    const json = wantsJson(flags.format);
    const file = fileArgument(args);
    const snapshots = snapshotApi(http());
    const { sizeBytes, bytes } = await openSnapshotFile(file);
    const shown = progress('Restoring the snapshot');
    const meter = new ByteMeter(() => performance.now(), sizeBytes);
    async function* sent(): AsyncGenerator<Uint8Array> {
      yield* meter.count(bytes, (done) => shown.say(`Sending the snapshot: ${done}`));
      shown.say(`The servers take the snapshot in: ${meter.text}`);
    }
    await explain('Error restoring snapshot', snapshots.restore(sent()));
    out(json ? toJson({ Restored: file }) : 'Restored snapshot\n');
  },
});
