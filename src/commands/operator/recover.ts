import { existsSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CliError, defineCommand } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import type { Surveyed, Unusable } from '../../cli/recover/plan.ts';
import { messageOf } from '../../lib/message-of.ts';

/** No leader, for scripts. */
const noLeader = 2;

export default defineCommand({
  summary: 'Brings servers back that lost their quorum for good',
  usage: 'operator recover [options] [DIRECTORY...]',
  description: `For when more servers are lost than the others can do without.

Without directories it asks the servers that run: the agent of -http-addr and, at the same port, those that it knows, or
the ones named with -server. It shows who lives, who is ahead, whether there is a quorum, and what to do. Nothing is
changed. Directories of stopped servers may be given beside -server. Exit code: 0 with a leader, 2 without.

With directories alone - the data directories of the servers that are left, all of them stopped - it shows what each
holds and who has the newest log, and, once confirmed, writes a peers.json into each that names them alone as members.
It says what to start then. The directories of other machines are brought here, and back, with everything in them.`,
  examples: [
    ['operator recover', 'Is there anything to recover?'],
    ['operator recover -server=10.0.0.5:8500 /srv/b/tc', 'One runs, one is stopped:'],
    ['operator recover /srv/a/tc /srv/b/tc', 'Two of five are left:'],
    ['operator recover -address=ID=10.0.0.7:8300 /var/lib/tc', 'With a new address:'],
  ],
  http: 'agent',
  flags: {
    server: flag.strings('HTTP address of a server that runs. Repeatable.'),
    address: flag.pairs('New address of a server, ID=IP:PORT. Repeatable. Default: the one its members know.'),
    id: flag.pairs('ID of a server whose directory does not hold it, DIRECTORY=ID. Repeatable.'),
    yes: flag.bool('Do not ask before writing.'),
    format: formatFlag,
  },
  flagsAnywhere: true,

  async run({ args, flags, out, confirm, progress, http, clientOptions }) {
    const json = wantsJson(flags.format);
    const asks = args.length === 0 || flags.server.length > 0;
    if (asks && flags.yes) {
      throw new CliError(
        '-yes writes into directories of stopped servers: give them alone, once all servers are stopped',
      );
    }
    const holds: Hold[] = [];
    try {
      const { found, unusable } = await survey(args, flags.id, holds, progress);
      if (asks) {
        const { askCluster, askServers } = await import('../../cli/recover/running.ts');
        const { diagnose, renderDiagnosis } = await import('../../cli/recover/diagnosis.ts');
        const { defaultAddress } = await import('../../client/settings.ts');
        progress('Asking the servers');
        const asked =
          flags.server.length > 0
            ? await askServers(http, flags.server)
            : await askCluster(http, clientOptions().address ?? defaultAddress);
        if (asked.members.length === 0 && found.length === 0) throw new CliError(noAnswer(asked.silent));
        const diagnosis = diagnose(asked, found);
        const { verdict, servers, voters, needed, living } = diagnosis;
        const silence = { Silent: asked.silent, Unusable: unusable };
        if (json)
          out(
            toJson({ Verdict: verdict, Voters: voters, Needed: needed, Living: living, Servers: servers, ...silence }),
          );
        else out(renderDiagnosis(diagnosis, asked.silent, unusable));
        return verdict === 'leader' ? 0 : noLeader;
      }

      const { planRecovery, renderOrder, renderPlan } = await import('../../cli/recover/plan.ts');
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
      return 0;
    } finally {
      for (const hold of holds) await hold.release();
    }
  },
});

interface Hold {
  release(): Promise<void>;
}

const noAnswer = (silent: readonly { address: string; why: string }[]): string => {
  const reasons = silent.map(({ address, why }) => `  ${address}: ${why}\n`).join('');
  return `No server answers:\n${reasons}Name others with -server, or give the data directories of those that are stopped`;
};

/** What is in each directory; `holds` grows by what keeps agents away from it. */
async function survey(
  args: readonly string[],
  ids: Readonly<Record<string, string>>,
  holds: Hold[],
  progress: (text: string) => unknown,
): Promise<{ found: Surveyed[]; unusable: Unusable[] }> {
  const found: Surveyed[] = [];
  const unusable: Unusable[] = [];
  if (args.length === 0) return { found, unusable };
  const { holdDataDir } = await import('../../agent/local/data-dir.ts');
  const { surveyDataDir } = await import('../../agent/raft/survey.ts');
  const { silentLogger } = await import('../../agent/telemetry/logger.ts');
  for (const given of new Set(args)) {
    const directory = resolve(given);
    progress(`Reading the log in ${directory}`);
    try {
      if (!existsSync(directory)) throw new Error('no such file or directory');
      holds.push(await holdDataDir(directory));
      const { configuration, ...rest } = await surveyDataDir(directory, silentLogger);
      found.push({ ...rest, directory, nodeId: ids[given] ?? rest.nodeId, members: configuration.servers });
    } catch (error) {
      // A server that runs is no case for this.
      if (error instanceof Error && error.name === 'DataDirError') throw new CliError(`${messageOf(error)}: stop it`);
      unusable.push({ directory, why: messageOf(error) });
    }
  }
  return { found, unusable };
}

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
