/**
 * The script inside the single-file executable. What `npm pack` would ship is in it as one asset; the first start unpacks it
 * into the user's cache folder, under the hash of its content, and every start runs it from there.
 */
const fs = require('node:fs');
const { createRequire, enableCompileCache } = require('node:module');
const os = require('node:os');
const path = require('node:path');
const { getAsset, getRawAsset } = require('node:sea');

const home = cacheFolder();
const folder = path.join(home, getAsset('hash', 'utf8'));
if (!fs.existsSync(folder)) unpack();
enableCompileCache(path.join(home, 'compiled'));
const { run } = createRequire(path.join(folder, 'dist', 'main.cjs'))('./main.cjs');
run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});

/** A folder that belongs to this user alone. */
function cacheFolder() {
  const { XDG_CACHE_HOME, HOME } = process.env;
  const cache = XDG_CACHE_HOME || (HOME && path.join(HOME, '.cache'));
  const candidates = [path.join(os.tmpdir(), `tconsul-${process.getuid()}`)];
  if (cache && path.isAbsolute(cache)) candidates.unshift(path.join(cache, 'tconsul'));
  for (const candidate of candidates) {
    try {
      fs.mkdirSync(candidate, { recursive: true, mode: 0o700 });
      const { uid, mode } = fs.statSync(candidate);
      fs.accessSync(candidate, fs.constants.W_OK);
      // What others may write to is not run.
      if (uid === process.getuid() && (mode & 0o022) === 0) return candidate;
    } catch {
      // the next one
    }
  }
  process.stderr.write(`tc needs a folder to unpack itself into: ${candidates.join(' or ')}\n`);
  process.exit(1);
}

/** Beside, then renamed: nobody sees half of it. */
function unpack() {
  const asset = Buffer.from(getRawAsset('files'));
  const indexBytes = asset.readUInt32LE(0);
  let at = 4 + indexBytes;
  const beside = fs.mkdtempSync(`${folder}-`);
  for (const [name, sizeBytes] of JSON.parse(asset.toString('utf8', 4, at))) {
    const file = path.join(beside, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, asset.subarray(at, at + sizeBytes));
    at += sizeBytes;
  }
  try {
    fs.renameSync(beside, folder);
  } catch (error) {
    // Another one was faster.
    fs.rmSync(beside, { recursive: true, force: true });
    if (!fs.existsSync(folder)) throw error;
  }
}
