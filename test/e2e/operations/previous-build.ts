/** The program as it was before the last change that builds, in a folder of its own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
const attempts = 10;

export interface PreviousBuild extends Disposable {
  readonly commit: string;
  /** The program. */
  readonly tc: string;
}

/** null: this is no repository, or its history is not here. */
export function previousBuild(): PreviousBuild | null {
  const folder = mkdtempSync(join(tmpdir(), 'tc-previous-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  for (let back = 1; back <= attempts; back++) {
    const git = spawnSync('git', ['rev-parse', '--short', `HEAD~${back}`], { cwd: root, encoding: 'utf8' });
    if (git.status !== 0) break;
    const commit = git.stdout.trim();
    const place = join(folder, commit);
    mkdirSync(place);
    const unpack = spawnSync('sh', ['-c', `git archive ${commit} | tar -x -C '${place}'`], { cwd: root });
    symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
    const built = spawnSync(process.execPath, ['scripts/build.ts'], { cwd: place });
    if (unpack.status === 0 && built.status === 0)
      return { commit, tc: join(place, 'bin/run.js'), [Symbol.dispose]: remove };
  }
  remove();
  return null;
}
