/** The program as it was at another point of its history, in a folder of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
const attempts = 10;
/** What was delivered last before these changes. */
const delivered = '4622c1e';

export interface PreviousBuild extends Disposable {
  readonly commit: string;
  /** The program. */
  readonly tc: string;
}

/** The version delivered last, else the last commit that builds; null: this is no repository, or its history is not here. */
export function previousBuild(): PreviousBuild | null {
  for (const revision of [delivered, ...Array.from({ length: attempts }, (_, i) => `HEAD~${i + 1}`)]) {
    const build = buildOf(revision);
    if (build !== null) return build;
  }
  return null;
}

/** null: it is not in the history here, or does not build with the packages of today. */
export function buildOf(revision: string): PreviousBuild | null {
  const git = spawnSync('git', ['rev-parse', '--short', '--verify', `${revision}^{commit}`], {
    ...{ cwd: root, encoding: 'utf8' },
  });
  if (git.status !== 0) return null;
  const commit = git.stdout.trim();
  const folder = mkdtempSync(join(tmpdir(), 'tc-previous-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const unpack = spawnSync('sh', ['-c', `git archive ${commit} | tar -x -C '${folder}'`], { cwd: root });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const built = spawnSync(process.execPath, ['scripts/build.ts'], { cwd: folder });
  if (unpack.status === 0 && built.status === 0)
    return { commit, tc: join(folder, 'bin/run.js'), [Symbol.dispose]: remove };
  remove();
  return null;
}
