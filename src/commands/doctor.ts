import { readFileSync } from 'node:fs';
import { CliError, defineCommand } from '../cli/command.ts';
import type { Finding } from '../cli/doctor/finding.ts';
import { flag, formatFlag } from '../cli/flags.ts';
import { toJson } from '../cli/format.ts';
import { messageOf } from '../lib/message-of.ts';

export default defineCommand({
  summary: 'Looks for what is wrong with an agent, its machine and its cluster',
  usage: 'doctor [options]',
  description: `Checks the configuration, the data directory and its disk, ports, limits, clocks and certificates of this machine,
and of the cluster the leader, quorum, lag and versions of the servers, gossip keys, failed members, catalog entries
that nobody keeps any more, and values that are too large. Each finding comes with its severity and what to do.

Without an agent that answers, what can be checked without is. Exit code: 0 when nothing is worse than a note, 1 for
warnings, 2 for errors, 3 when the checks could not be made.`,
  examples: [
    ['doctor', 'The agent on this machine:'],
    ['doctor -config-dir=/etc/consul.d', 'One that does not start:'],
    ['doctor -format=json', 'For a script:'],
  ],
  http: 'agent',
  flags: {
    'config-dir': flag.strings("Folder of the agent's configuration files. Repeatable."),
    'config-file': flag.strings("The agent's configuration file. Repeatable."),
    'data-dir': flag.string("The agent's data directory. Default: that of the configuration, or of the agent here."),
    format: formatFlag,
  },
  flagsAnywhere: true,

  async run({ args, flags, out, http, progress }) {
    if (args.length > 0) throw new CliError(`Too many arguments (expected 0, got ${args.length})`, unchecked);
    const { format } = flags;
    if (format !== 'pretty' && format !== 'json') throw new CliError(`Unknown format: ${format}`, unchecked);
    const { exitCodeOf, renderFindings } = await import('../cli/doctor/finding.ts');
    const { clusterFindings, findAgent } = await import('../cli/doctor/cluster-checks.ts');
    const machine = await import('../cli/doctor/machine-checks.ts');

    progress('Looking over this machine and the cluster');
    const findings: Finding[] = [];
    const files = [...flags['config-dir'], ...flags['config-file']];
    const configured = files.length === 0 ? null : await configOf(files);
    if (configured !== null) findings.push(...configured.findings);
    const connection = http();
    const { self, finding } = await findAgent(connection);
    findings.push(finding);

    const told = (name: string): string => String(self?.DebugConfig?.[name] ?? '');
    const dataDir = flags['data-dir'] || configured?.dataDir || told('DataDir');
    if (dataDir !== '') {
      findings.push(
        ...machine.checkDataDir(dataDir),
        ...(await formatOf(dataDir)),
        ...(await machine.checkFlush(dataDir)),
      );
    }
    findings.push(...machine.checkFileLimit(pidIn(configured?.pidFile || told('PidFile'))));
    if (self === null && configured !== null) findings.push(...(await machine.checkPorts(configured.addresses)));
    for (const file of configured?.certificates ?? []) findings.push(...machine.checkCertificate(file, Date.now()));
    if (self !== null) findings.push(...(await clusterFindings(connection)));

    const exitCode = exitCodeOf(findings);
    out(format === 'json' ? toJson({ ExitCode: exitCode, Findings: findings }) : renderFindings(findings));
    return exitCode;
  },
});

const unchecked = 3;

/** What version wrote the data; nothing for a client's directory. */
async function formatOf(dataDir: string): Promise<Finding[]> {
  const { error, ok } = await import('../cli/doctor/finding.ts');
  const { dataFormat, demandKnownFormat } = await import('../agent/raft/data-format.ts');
  const check = 'data format';
  try {
    const format = await demandKnownFormat(dataDir);
    return format === null ? [] : [ok(check, `${format}; this program reads up to ${dataFormat}`)];
  } catch (thrown) {
    return [error(check, messageOf(thrown))];
  }
}

interface Configured {
  readonly findings: readonly Finding[];
  readonly dataDir: string;
  readonly pidFile: string;
  readonly addresses: readonly string[];
  readonly certificates: readonly string[];
}

async function configOf(files: readonly string[]): Promise<Configured> {
  const { error, ok, warning } = await import('../cli/doctor/finding.ts');
  const { loadConfig } = await import('../agent/config/load.ts');
  const { nodeHost } = await import('../agent/config/host-node.ts');
  const check = 'configuration';
  const flags = { dev: false, files, format: '', lists: {}, values: {}, hcl: [] } as const;
  const result = loadConfig(flags, nodeHost);
  if (result.kind === 'error') {
    const findings = [error(check, result.message, 'tc validate shows the same after each change')];
    return { findings, dataDir: '', pidFile: '', addresses: [], certificates: [] };
  }
  const { config, settings } = result.loaded;
  const warnings = config.warnings.map((text) => warning(check, text));
  return {
    findings: warnings.length > 0 ? warnings : [ok(check, `${files.join(', ')} can be used`)],
    dataDir: config.dataDir,
    pidFile: config.pidFile,
    addresses: [...config.httpAddrs, ...config.dnsAddrs, `${config.bindAddr}:${config.ports.server}`],
    certificates: [settings.cert_file, settings.ca_file].filter((file) => file !== undefined && file !== ''),
  };
}

function pidIn(file: string): number | null {
  if (file === '') return null;
  try {
    return Number(readFileSync(file, 'utf8')) || null;
  } catch {
    return null;
  }
}
