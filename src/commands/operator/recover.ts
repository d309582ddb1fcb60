import { existsSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CliError, defineCommand } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { messageOf } from '../../lib/message-of.ts';

export default defineCommand({
  summary: 'Brings servers back that lost their quorum for good',
  usage: 'operator recover [options] DIRECTORY...',
  description: `For when more servers are lost than the others can do without. Given the data directories of the servers that are
left, all of them stopped, it shows what each holds and who has the newest log, and, once confirmed, writes a
peers.json into each that names them alone as members. It says what to start then.

The directories of other machines are brought here, and back, with everything in them.`,
  examples: [
    ['operator recover /srv/a/tc /srv/b/tc', 'Two of five are left:'],
    ['operator recover -address=ID=10.0.0.7:8300 /var/lib/tc', 'With a new address:'],
  ],
  flags: {
    address: flag.pairs('New address of a server, ID=IP:PORT. Repeatable. Default: the one its members know.'),
    id: flag.pairs('ID of a server whose directory does not hold it, DIRECTORY=ID. Repeatable.'),
    yes: flag.bool('Do not ask before writing.'),
    format: formatFlag,
  },
  flagsAnywhere: true,

  async run({ args, flags, out, confirm, progress }) {
    const json = wantsJson(flags.format);
    if (args.length === 0) throw new CliError('Missing DIRECTORY argument');
    const { planRecovery, renderOrder, renderPlan } = await import('../../cli/recover/plan.ts');
    const { holdDataDir } = await import('../../agent/local/data-dir.ts');
    const { surveyDataDir } = await import('../../agent/raft/survey.ts');
    const { silentLogger } = await import('../../agent/telemetry/logger.ts');

    const holds: { release(): Promise<void> }[] = [];
    try {
      const found = [];
      const unusable = [];
      for (const given of new Set(args)) {
        const directory = resolve(given);
        progress(`Reading the log in ${directory}`);
        try {
          if (!existsSync(directory)) throw new Error('no such file or directory');
          holds.push(await holdDataDir(directory));
          const { configuration, ...survey } = await surveyDataDir(directory, silentLogger);
          const nodeId = flags.id[given] ?? survey.nodeId;
          found.push({ ...survey, directory, nodeId, members: configuration.servers });
        } catch (error) {
          // A server that runs is no case for this.
          if (error instanceof Error && error.name === 'DataDirError')
            throw new CliError(`${messageOf(error)}: stop it`);
          unusable.push({ directory, why: messageOf(error) });
        }
      }
      const plan = planRecovery(found, flags.address);
      if (!json) out(`${renderPlan(plan, unusable)}\n`);
      const question = 'Write peers.json into each of them?';
      const writes = flags.yes || (!json && ((await confirm(question)) ?? false));
      if (writes) for (const { directory } of plan.servers) await writePeers(directory, plan.peers);
      if (json) {
        const Servers = plan.servers.map(({ members: _, ...server }) => server);
        out(toJson({ Servers, Unusable: unusable, Peers: plan.peers, Lost: plan.lost, Written: writes }));
      } else if (writes) out(renderOrder(plan));
      else out('Nothing was written. With -yes, or a yes at the terminal, it is.\n');
    } finally {
      for (const hold of holds) await hold.release();
    }
  },
});

/** In one step, and durable: half a list of members would be worse than none. */
async function writePeers(directory: string, peers: unknown): Promise<void> {
  const file = join(directory, 'raft', 'peers.json');
  const handle = await open(`${file}.tmp`, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(peers, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.tmp`, file);
  const folder = await open(join(directory, 'raft'), 'r');
  await folder.sync().finally(() => folder.close());
}
