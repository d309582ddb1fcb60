/** Guards the start-up time by what is loaded, not by a clock: one-shot commands read three small files. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const probe = `
  const before = new Set(process.moduleLoadList);
  process.on('exit', () => {
    const builtins = process.moduleLoadList
      .filter((name) => name.startsWith('NativeModule ') && !before.has(name))
      .map((name) => name.slice('NativeModule '.length));
    require('fs').writeSync(2, '\\n' + JSON.stringify({ files: Object.keys(require.cache), builtins }));
  });
`;

interface Loaded {
  readonly files: readonly string[];
  /** Built-in modules, internal ones included. */
  readonly builtins: readonly string[];
}

/** Nothing listens on port 1: a command gets as far as the refused connection. */
function loadedBy(...argv: string[]): Loaded {
  const script = `${probe} process.argv.splice(1, 0, ''); require(${JSON.stringify(join(root, 'bin/run.js'))});`;
  const env = { ...process.env, CONSUL_HTTP_ADDR: '127.0.0.1:1' };
  const { stderr } = spawnSync(process.execPath, ['-e', script, '--', ...argv], { env, encoding: 'utf8' });
  const { files, builtins } = JSON.parse(stderr.split('\n').at(-1)!) as Loaded;
  return { files: files.map((file) => relative(root, file)), builtins };
}

beforeAll(() => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/build.ts')], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
}, 60_000);

/** Each costs one to four milliseconds. */
const expensive = [
  'https',
  'tls',
  'crypto',
  'child_process',
  'dns',
  'http2',
  'worker_threads',
  'tty',
  'readline',
  'zlib',
];

describe('the start of a one-shot command', () => {
  it('version loads no network', () => {
    const { files, builtins } = loadedBy('version');
    expect(files).toEqual(['bin/run.js', 'dist/main.cjs', 'dist/commands/version.cjs']);
    expect(builtins.filter((name) => [...expensive, 'http', 'net', 'stream'].includes(name))).toEqual([]);
    expect(builtins.length).toBeLessThanOrEqual(4);
  });

  it.each([
    ['kv get', ['kv', 'get', 'k']],
    ['kv put', ['kv', 'put', 'k', 'v']],
    ['members', ['members']],
    ['info', ['info']],
  ])('%s loads plain http and nothing expensive', (words, argv) => {
    const { files, builtins } = loadedBy(...argv);
    expect(files).toEqual(['bin/run.js', 'dist/main.cjs', `dist/commands/${words.replace(' ', '-')}.cjs`]);
    expect(builtins.filter((name) => expensive.includes(name))).toEqual([]);
    expect(builtins).toContain('http');
    expect(builtins.length).toBeLessThanOrEqual(40);
  });

  it('a flag error loads no network either', () => {
    const { builtins } = loadedBy('kv', 'get', '-nope');
    expect(builtins).not.toContain('http');
  });

  it('reads small files', () => {
    expect(statSync(join(root, 'dist/main.cjs')).size).toBeLessThan(64 * 1024);
    expect(statSync(join(root, 'dist/commands/kv-get.cjs')).size).toBeLessThan(32 * 1024);
  });
});
