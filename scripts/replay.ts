/**
 * Replays the recordings of the original against tc and holds us to what once passed: `test/recordings/<kit>.txt` lists
 * the scenarios that must pass, and only grows.
 *
 *   node scripts/replay.ts                     every listed scenario; exit 1 if one fails
 *   node scripts/replay.ts --all               every scenario of the recordings
 *   node scripts/replay.ts --all --update      ... and adds what passes to the lists
 *   --kit conformance|cli|dns   --match GLOB   --jobs N   --verbose
 *
 * The recordings live outside the repository (../shared, or $TC_RECORDINGS); without them nothing is replayed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const beside = process.env['TC_RECORDINGS'] ?? resolve(root, '..', 'shared');
// The replayers do nothing when they are started through a symbolic link.
const recordings = existsSync(beside) ? realpathSync(beside) : beside;
const tc = join(root, 'bin', 'run.js');

interface Kit {
  readonly name: string;
  /** Arguments that choose these scenarios. */
  readonly choose: (names: readonly string[]) => string[];
  readonly command: readonly string[];
  /** Scenario name -> passed, from the kit's own result file. */
  readonly results: (json: unknown) => [string, boolean][];
}

interface Outcome {
  readonly results?: readonly { readonly scenario: string; readonly ok: boolean }[];
  readonly cases?: readonly { readonly name: string; readonly ok: boolean }[];
}

const kits: readonly Kit[] = [
  {
    name: 'conformance',
    command: ['--agent', `${tc} agent`],
    choose: (names) => names.flatMap((n) => ['--scenario', n]),
    results: (json) => ((json as Outcome).results ?? []).map((r) => [r.scenario, r.ok]),
  },
  {
    name: 'cli',
    command: ['--agent', `${tc} agent`, '--cli', tc],
    choose: (names) => (names.length > 0 ? ['--case', names.join(',')] : []),
    results: (json) => ((json as Outcome).cases ?? []).map((r) => [r.name, r.ok]),
  },
  {
    name: 'dns',
    command: ['--agent', `${tc} agent`],
    choose: (names) => (names.length > 0 ? ['--case', names.join(',')] : []),
    results: (json) => ((json as Outcome).cases ?? []).map((r) => [r.name, r.ok]),
  },
];

const { values: flags } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    kit: { type: 'string' },
    match: { type: 'string' },
    jobs: { type: 'string', default: '2' },
  },
});

const listFile = (kit: Kit): string => join(root, 'test', 'recordings', `${kit.name}.txt`);
function listed(kit: Kit): string[] {
  const file = listFile(kit);
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
}

/** One run of a kit; names empty = everything. */
function replay(kit: Kit, names: readonly string[]): Map<string, boolean> {
  const scratch = mkdtempSync(join(tmpdir(), 'tc-replay-'));
  try {
    const out = join(scratch, 'result.json');
    const args = [join(recordings, kit.name, 'run.mjs'), ...kit.command, ...kit.choose(names), '--jobs', flags.jobs];
    if (flags.verbose) args.push('--verbose');
    spawnSync(process.execPath, [...args, '--json', out], { stdio: 'inherit' });
    return new Map(existsSync(out) ? kit.results(JSON.parse(readFileSync(out, 'utf8'))) : []);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

let passed = 0;
let failed = 0;
for (const kit of kits) {
  if (flags.kit !== undefined && flags.kit !== kit.name) continue;
  const must = listed(kit);
  const wanted = flags.match !== undefined ? [flags.match] : flags.all ? [] : must;
  if (!existsSync(join(recordings, kit.name, 'run.mjs')) || (!flags.all && wanted.length === 0)) continue;
  const results = replay(kit, wanted);
  // What fails once is asked once more, alone: a busy machine must not look like a defect.
  const broken = must.filter((name) => results.get(name) === false);
  if (broken.length > 0) for (const [name, ok] of replay(kit, broken)) results.set(name, ok);
  const missing = flags.match === undefined ? must.filter((name) => !results.has(name)) : [];
  for (const name of must) {
    if (results.get(name) === true) passed++;
    else if (results.has(name) || missing.includes(name)) {
      failed++;
      console.error(`used to pass, does not any more: ${kit.name} ${name}`);
    }
  }
  const now = [...results].filter(([, ok]) => ok).map(([name]) => name);
  console.log(`${kit.name}: ${now.length} of ${results.size} replayed scenarios pass, ${must.length} have to`);
  if (flags.update) writeFileSync(listFile(kit), `${[...new Set([...must, ...now])].sort().join('\n')}\n`);
}
console.log(`recordings: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
