/**
 * Runs the shell blocks of a runbook, one after the other in one shell, below a folder of their own. A block says on which
 * machine it is run (`sh server2`); each has its own places below the folder, and an address of loopback instead of 10.0.0.N.
 * `systemctl` on it is a script that does what systemd would with the unit that ships.
 */
import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
export const documents = join(root, 'docs/operations');

/** The machines that runbooks speak of, by the last part of their address. */
const hosts = { server1: 1, server2: 2, server3: 3, server4: 4, server5: 5, client1: 11 } as const;
type Host = keyof typeof hosts;

export interface Block {
  readonly line: number;
  readonly text: string;
  /** null: the machine that the runbook is about. */
  readonly host: Host | null;
  /** Cannot be run by a test: changes the machine. */
  readonly asRoot: boolean;
}

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  for (const match of markdown.matchAll(/^```sh(?: (\S+))?\n([\s\S]*?)^```$/gm)) {
    const line = markdown.slice(0, match.index).split('\n').length;
    const where = match[1];
    if (where !== undefined && where !== 'as-root' && !(where in hosts)) throw new Error(`line ${line}: ${where}?`);
    const host = where === undefined || where === 'as-root' ? null : (where as Host);
    blocks.push({ line, text: match[2]!, host, asRoot: where === 'as-root' });
  }
  return blocks;
}

/** The places of a real machine that runbooks speak of. */
const places = ['/etc/tc.d', '/var/lib/tc', '/var/log', '/var/backups/tc'];

/** The way from one machine to the others. */
const transfer = '/mnt/transfer';

export interface Surroundings {
  readonly httpPort: number;
  /** Content of a configuration file beside those that the runbook writes. */
  readonly config: unknown;
}

export interface Ran {
  readonly code: number | null;
  /** Everything printed, each block after a line that names it. */
  readonly output: string;
}

export async function runBook(name: string, { httpPort, config }: Surroundings): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), 'tc-runbook-'));
  const network = `127.${octet()}.${octet()}.`;
  const text = await readFile(join(documents, name), 'utf8');
  const blocks = blocksOf(text).filter(({ asRoot }) => !asRoot);
  const rootOf = (host: Host | null): string => (host === null ? folder : join(folder, host));
  const moved = (all: string, host: Host | null): string =>
    places
      .reduce((before, place) => before.replaceAll(place, join(rootOf(host), place)), all)
      .replaceAll('10.0.0.', network)
      .replaceAll(transfer, join(folder, transfer));
  try {
    for (const host of new Set([null, ...blocks.map((block) => block.host)])) {
      for (const place of [...places, '/var/log/tc', '/bin'])
        await mkdir(join(rootOf(host), place), { recursive: true });
      const fast = { performance: { raft_multiplier: 1 } };
      const file = host === null ? config : fast;
      await writeFile(join(rootOf(host), '/etc/tc.d/ports.json'), moved(JSON.stringify(file), host));
    }
    await mkdir(join(folder, transfer), { recursive: true });
    await symlink(join(root, 'bin/run.js'), join(folder, 'bin/tc'));
    await copyFile(join(import.meta.dirname, 'systemctl.sh'), join(folder, 'bin/systemctl'));
    await chmod(join(folder, 'bin/systemctl'), 0o755);
    await copyFile(join(root, 'test/data/vectors/snapshots/plain.snap'), join(folder, '/var/backups/tc/consul.snap'));
    const script = [
      'set -eu',
      // Whatever a block started ends with the script.
      `trap 'jobs -p | xargs -r kill 2> /dev/null || true; cat ${folder}/*/pid 2> /dev/null | xargs -r kill -KILL 2> /dev/null || true' EXIT`,
      ...blocks.map(({ line, host, text: block }) =>
        [
          `echo "== ${name}:${line}"`,
          `export MACHINE=${rootOf(host)} CONSUL_HTTP_ADDR=${host === null ? `127.0.0.1:${httpPort}` : `${network}${hosts[host]}:8500`}`,
          moved(block, host),
        ].join('\n'),
      ),
    ].join('\n');
    const file = join(folder, 'runbook.sh');
    await writeFile(file, script);
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, HOME: folder };
    return await run(file, folder, env);
  } finally {
    // A program that was ended may have a last file to write.
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

const octet = (): number => 1 + Math.floor(Math.random() * 250);

function run(file: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn('bash', [file], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', fail);
    child.once('close', (code) => done({ code, output }));
  });
}
