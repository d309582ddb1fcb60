/** The tarball of `npm pack`: installed into an empty prefix, used, taken away again. It needs nothing but Node. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { tc } from '../cli/tc.ts';
import { suiteEnv } from '../security.ts';

const root = resolve(import.meta.dirname, '../../..');
const nobody = 65_534;
let folder: string;
let tarball: string;

function npm(argv: readonly string[], cwd: string, uid: number | undefined): string {
  const { status, stdout, stderr } = spawnSync('npm', [...argv, '--no-audit', '--no-fund', '--no-update-notifier'], {
    ...{ cwd, encoding: 'utf8' },
    // The Node that runs this test, wherever it is; a home and a cache of its own.
    env: {
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      HOME: cwd,
      npm_config_cache: join(cwd, 'cache'),
    },
    ...(uid !== undefined && { uid, gid: uid }),
  });
  if (status !== 0) throw new Error(`npm ${argv.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tc-package-'));
  chmodSync(folder, 0o755);
  // Built already: the tests run on it.
  const out = npm(['pack', root, '--ignore-scripts', '--json'], folder, undefined);
  const [{ filename }] = JSON.parse(out) as [{ filename: string }];
  tarball = join(folder, filename);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

const users = process.getuid?.() === 0 ? [undefined, nobody] : [undefined];

it.each(users)('is installed, works, and leaves nothing behind (user %s)', { timeout: 60_000 }, async (uid) => {
  const home = join(folder, `home-${uid}`);
  mkdirSync(home, { mode: 0o777 });
  chmodSync(home, 0o777);
  const prefix = join(home, 'prefix');
  npm(['install', '--global', '--offline', `--prefix=${prefix}`, tarball], home, uid);
  const program = join(prefix, 'bin/tc');
  expect(readdirSync(join(prefix, 'lib/node_modules'))).toEqual(['tconsul']);
  expect(existsSync(join(prefix, 'lib/node_modules/tconsul/node_modules'))).toBe(false);
  expect(existsSync(join(prefix, 'lib/node_modules/tconsul/contrib/systemd/tc.service'))).toBe(true);
  expect(readdirSync(join(prefix, 'share/man/man1'))).toEqual(['tc.1']);
  expect(readdirSync(join(prefix, 'lib/node_modules/tconsul/dist/man/man1'))).toContain('tc-kv-get.1');

  const env = { PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter), HOME: home };
  const version = await tc(['version'], { command: [program], env });
  expect([version.code, version.out]).toEqual([0, expect.stringMatching(/^Consul v1\.10\.7\+tc\./)]);
  await using agent = await AgentProcess.create({ program });
  await agent.start();
  const address = { ...env, ...suiteEnv, CONSUL_HTTP_ADDR: agent.address };
  expect((await tc(['kv', 'put', 'packed', 'yes'], { command: [program], env: address })).code).toBe(0);
  expect((await tc(['kv', 'get', 'packed'], { command: [program], env: address })).out).toBe('yes\n');
  expect((await tc(['members'], { command: [program], env: address })).out).toContain('alive');
  // What is loaded late is there too: the engine of patterns, in a command and in the agent.
  expect((await tc(['members', '-status=^al.ve$'], { command: [program], env: address })).out).toContain('alive');
  const filtered = await agent.request('GET', `/v1/catalog/nodes?filter=${encodeURIComponent('Node matches "^e.e$"')}`);
  expect(JSON.parse(filtered.text)).toMatchObject([{ Node: 'e2e' }]);

  npm(['uninstall', '--global', `--prefix=${prefix}`, 'tconsul'], home, uid);
  const left = readdirSync(prefix, { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => !entry.isDirectory()).map(({ name }) => name)).toEqual([]);
});

it('says what is in it: every package whose code went in, with version, licence and digest, and no other', () => {
  const read = (name: string): string => readFileSync(join(root, 'dist', name), 'utf8');
  const { components } = JSON.parse(read('sbom.cdx.json')) as {
    components: {
      name: string;
      version: string;
      licenses?: { license: { id?: string } }[];
      hashes?: { alg: string; content: string }[];
    }[];
  };
  const names = components.map(({ name }) => name);
  expect(new Set(components.map(({ name, version }) => `${name}@${version}`)).size).toBe(components.length);
  for (const name of ['fastify', 'got', 'undici', 'ink', 'react', '@oclif/core', 're2js', 'dns2', 'keyv'])
    expect(names, name).toContain(name);
  // Tools that build and test, and what only their users would load.
  for (const name of ['typescript', 'esbuild', 'vitest', 'fast-check', 'postject', 'consul', 'react-devtools-core'])
    expect(names, name).not.toContain(name);
  const licences = read('THIRD-PARTY-LICENCES.txt');
  for (const { name, version, licenses, hashes } of components) {
    expect([name, version, licenses?.[0]?.license.id]).toEqual([
      name,
      expect.stringMatching(/^\d+\.\d+\.\d+/),
      expect.stringMatching(/^(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0)$/),
    ]);
    expect(hashes, name).toEqual([{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
    expect(licences).toContain(`${name} ${version} (`);
  }
});
