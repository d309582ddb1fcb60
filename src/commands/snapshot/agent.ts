import { CliError, defineCommand } from '../../cli/command.ts';
import { flag } from '../../cli/flags.ts';
import { backupFlags } from '../../cli/snapshot-agent/settings.ts';
import { formatDurationMs } from '../../lib/duration.ts';
import { rfc3339 } from '../../lib/go-format.ts';
import { messageOf } from '../../lib/message-of.ts';

export default defineCommand({
  summary: 'Makes backups on a schedule',
  usage: 'snapshot agent [options]',
  description: `Saves a snapshot every interval, restores it into memory to prove that it is good, keeps it in a directory or in a bucket
of S3, and removes the oldest. Several may run: a lock sees to it that one makes the backups and another takes over when
it fails.

It registers a service with the local agent, whose check says how old the last good backup is and becomes critical when
that is more than two intervals.

Settings may be in files, as those of Consul's snapshot agent: JSON or HCL with an object snapshot_agent.`,
  examples: [
    ['snapshot agent -interval=1h -retain=48 -local-path=/var/backups/consul', 'Every hour, two days of them:'],
    ['snapshot agent -config-file=/etc/consul-snapshot.json', 'With a file of settings:'],
    ['snapshot agent -interval=0 -aws-s3-bucket=backups -aws-s3-endpoint=https://minio:9000', 'Once, from cron:'],
  ],
  http: 'all',
  flags: {
    'config-file': flag.strings('File of settings. Repeatable.'),
    'config-dir': flag.strings('Folder of such files, all that end in .json or .hcl. Repeatable.'),
    ...backupFlags,
  },

  async run({ args, flags, given, env, out, clientOptions, interrupted }) {
    if (args.length > 0) throw new CliError(`Too many arguments (expected 0, got ${args.length})`);
    const { logLevels, readSettings } = await import('../../cli/snapshot-agent/settings.ts');
    const { localStorage } = await import('../../cli/snapshot-agent/storage.ts');
    const files = await configFiles(flags['config-file'], flags['config-dir']);
    const names = new Set(given.map(({ name }) => name));
    const { settings, client: fromFiles, stale } = readSettings({ flags, names, files, env });
    const { localPath, s3, intervalMs } = settings;
    const storages = [
      ...(localPath === null ? [] : [localStorage(localPath)]),
      ...(s3 === null ? [] : [(await import('../../cli/snapshot-agent/s3-storage.ts')).s3Storage(s3)]),
    ];

    const { createClient } = await import('../../client/index.ts');
    const client = createClient({ ...fromFiles, ...known(clientOptions()) });
    const { scratchRestore } = await import('../../agent/server/fsm/scratch-restore.ts');
    const { readArchive } = await import('../../snapshot/index.ts');
    const parts = {
      ...{ snapshot: client.snapshot, stale, storages, retain: settings.retain, scratchPath: settings.scratchPath },
      nowMs: Date.now,
      async verify(bytes: AsyncIterable<Uint8Array>) {
        const archive = await readArchive(bytes);
        try {
          await scratchRestore(archive.state);
          return archive.meta;
        } finally {
          await archive.dispose();
        }
      },
    };
    const signal = interrupted();
    try {
      if (intervalMs === 0) {
        const { makeBackup } = await import('../../cli/snapshot-agent/backup.ts');
        const backup = await makeBackup(parts, signal).catch((error: unknown) => {
          throw new CliError(`Error saving snapshot: ${messageOf(error)}`);
        });
        out(`Saved and verified snapshot ${backup.name} to index ${backup.index}\n`);
        return 0;
      }
      out(
        banner({
          ...{ Interval: formatDurationMs(intervalMs), Retain: settings.retain, Service: settings.service },
          ...{ 'Deregister After': settings.deregisterAfter, 'Lock Key': settings.lockKey },
          ...{ 'Max Failures': settings.maxFailures, 'Snapshot Storage': storages.map((one) => one.description) },
        }),
      );
      const { agentServicesApi } = await import('../../client/agent-services.ts');
      const { BackupRecord, Watchman } = await import('../../cli/snapshot-agent/watchman.ts');
      const { runRounds } = await import('../../cli/snapshot-agent/rounds.ts');
      const rank = logLevels.indexOf(settings.logLevel);
      const log = (level: (typeof logLevels)[number], text: string): void => {
        if (logLevels.indexOf(level) >= rank)
          out(`${rfc3339(Date.now())} [${level.toUpperCase()}] snapshot: ${text}\n`);
      };
      const watchman = new Watchman(new BackupRecord(intervalMs, Date.now()), {
        ...{ http: client.http, services: agentServicesApi(client.http), service: settings.service },
        ...{ deregisterAfter: settings.deregisterAfter, metricsFile: settings.metricsFile, nowMs: Date.now },
      });
      await runRounds({ client, settings, parts, watchman, log, signal });
      return 0;
    } finally {
      client.close();
    }
  },
});

/** Without what was not given: it must not hide what a file says. */
const known = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;

async function configFiles(paths: readonly string[], folders: readonly string[]) {
  const { readdir, readFile } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const { systemText } = await import('../../lib/system-text.ts');
  const told = (path: string) => (error: unknown) => {
    throw new CliError(`Error loading config file ${path}: open ${path}: ${systemText(error)}`);
  };
  const all = [...paths];
  for (const folder of folders) {
    const names = await readdir(folder).catch(told(folder));
    for (const name of names.sort()) if (/\.(json|hcl)$/.test(name)) all.push(join(folder, name));
  }
  return Promise.all(all.map(async (path) => ({ path, text: await readFile(path, 'utf8').catch(told(path)) })));
}

function banner(facts: Readonly<Record<string, string | number | readonly string[]>>): string {
  const lines = Object.entries(facts).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one: unknown) => `${name.padStart(18)}: ${String(one)}\n`),
  );
  return `==> Consul snapshot agent running!\n${lines.join('')}\n==> Log streaming starts\n`;
}
