/**
 * Makes the single-file executable for the platform that this runs on: `npm run sea [FILE]`, by default `sea/tc`. It is Node
 * itself with the built package inside (nodejs.org, "Single executable applications").
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const target = resolve(process.argv[2] ?? join(root, 'sea/tc'));
const folder = mkdtempSync(join(tmpdir(), 'tc-sea-'));
/** As in the launcher, bin/run.js. */
const execArgv = ['--max-semi-space-size=8', '--heap-growing-percent=50'];
/** By which Node finds out that it is more than Node. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const left = /^dist\/(man\/|\.stamp$)/;
const names = readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
  .filter((name) => !left.test(name))
  .concat('package.json', 'oclif.manifest.json', 'LICENSE')
  .sort();
const contents = names.map((name) => readFileSync(join(root, name)));
const index = Buffer.from(JSON.stringify(names.map((name, i) => [name, contents[i]!.length])));
const indexBytes = Buffer.alloc(4);
indexBytes.writeUInt32LE(index.length);
const files = Buffer.concat([indexBytes, index, ...contents]);

try {
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('files'), files);
  writeFileSync(at('hash'), createHash('sha256').update(files).digest('hex').slice(0, 32));
  const config = {
    main: join(root, 'scripts/sea/main.cjs'),
    output: at('blob'),
    disableExperimentalSEAWarning: true,
    execArgv,
    assets: { files: at('files'), hash: at('hash') },
  };
  writeFileSync(at('config.json'), JSON.stringify(config));
  execFileSync(process.execPath, ['--experimental-sea-config', at('config.json')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  copyFileSync(process.execPath, at('tc'));
  chmodSync(at('tc'), 0o755);
  const postject = join(root, 'node_modules/postject/dist/cli.js');
  const inject = [postject, at('tc'), 'NODE_SEA_BLOB', at('blob'), '--sentinel-fuse', fuse];
  execFileSync(process.execPath, inject, { stdio: ['ignore', 'ignore', 'inherit'] });
  mkdirSync(dirname(target), { recursive: true });
  rmSync(target, { force: true });
  copyFileSync(at('tc'), target);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
