/** Runs the shell blocks of a runbook, one after the other in one shell, below a folder of their own. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
export const documents = join(root, 'docs/operations');

export interface Block {
  readonly line: number;
  readonly text: string;
  /** Cannot be run by a test: changes the machine. */
  readonly asRoot: boolean;
}

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  for (const match of markdown.matchAll(/^```sh( as-root)?\n([\s\S]*?)^```$/gm)) {
    const line = markdown.slice(0, match.index).split('\n').length;
    blocks.push({ line, text: match[2]!, asRoot: match[1] !== undefined });
  }
  return blocks;
}

/** The places of a real machine that runbooks speak of. */
const places = ['/etc/tc.d', '/var/lib/tc', '/var/log', '/var/backups/tc'];

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
  try {
    for (const place of [...places, '/var/log/tc', '/bin']) await mkdir(join(folder, place), { recursive: true });
    const moved = (all: string): string =>
      places.reduce((text, place) => text.replaceAll(place, join(folder, place)), all);
    await writeFile(join(folder, '/etc/tc.d/ports.json'), moved(JSON.stringify(config)));
    await symlink(join(root, 'bin/run.js'), join(folder, 'bin/tc'));
    const text = await readFile(join(documents, name), 'utf8');
    const script = [
      'set -eu',
      // Whatever a block started ends with the script.
      "trap 'jobs -p | xargs -r kill' EXIT",
      ...blocksOf(text)
        .filter(({ asRoot }) => !asRoot)
        .map((block) => `echo "== ${name}:${block.line}"\n${block.text}`),
    ].join('\n');
    const file = join(folder, 'runbook.sh');
    await writeFile(file, moved(script));
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, HOME: folder };
    return await run(file, folder, { ...env, CONSUL_HTTP_ADDR: `127.0.0.1:${httpPort}` });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

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
