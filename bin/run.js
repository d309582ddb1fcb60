#!/bin/sh
true /*
# A shell script that is also JavaScript (CommonJS, see package.json beside it): the shell finds the Node 24 that the
# repository brings, or the one on the PATH, and becomes it: same process, same signals. (A star and a slash next to
# each other would end the comment that JavaScript sees.)
script=$0
while [ -L "$script" ]; do
  link=$(readlink "$script")
  case $link in
    /*) script=$link ;;
    *) script=${script%/*}/$link ;;
  esac
done
# V8 would let the young generation grow to 134 MiB under load, and the old one to several times what lives in it, without
# being any faster for it.
flags='--max-semi-space-size=8 --heap-growing-percent=50'
# Every thread of the allocator's own would keep memory that nobody uses; this is for this process, not for its children.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
folder=${script%/*}
[ "$folder" = "$script" ] && folder=.
for node in "$folder"/../node_modules/node-*"/bin/node"; do
  [ -x "$node" ] && exec "$node" $flags "$script" "$@"
done
exec node $flags "$script" "$@"
*/ || 0;
const path = require('node:path');
const root = path.join(__dirname, '..');

if (Number.parseInt(process.versions.node, 10) >= 24) {
  if (process.env.MALLOC_ARENA_MAX === '2') delete process.env.MALLOC_ARENA_MAX;
  require('node:module').enableCompileCache(cacheFolder());
  start();
} else {
  restart();
}

function start() {
  let run;
  try {
    ({ run } = require('../dist/main.cjs'));
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    process.stderr.write('tc is not built yet: run `npm run build` first\n');
    process.exit(1);
  }
  run(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  });
}

/** A folder of ours; without a home, Node's own choice below the temporary folder. */
function cacheFolder() {
  const { XDG_CACHE_HOME, HOME } = process.env;
  const cache = XDG_CACHE_HOME || (HOME && path.join(HOME, '.cache'));
  return cache && path.isAbsolute(cache) ? path.join(cache, 'tconsul') : undefined;
}

/** Started as `node bin/run.js` by an older Node: hands over to the right one and stands in for it. */
function restart() {
  const fs = require('node:fs');
  const modules = path.join(root, 'node_modules');
  const node = (fs.existsSync(modules) ? fs.readdirSync(modules) : [])
    .filter((name) => name.startsWith('node-'))
    .map((name) => path.join(modules, name, 'bin/node'))
    .find((file) => fs.existsSync(file));
  if (node === undefined) {
    process.stderr.write(`tc needs Node.js 24 or newer, this is ${process.versions.node} (${process.execPath})\n`);
    process.exit(1);
  }
  const child = require('node:child_process').spawn(node, [__filename, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
