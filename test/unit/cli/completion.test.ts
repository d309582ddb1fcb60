import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Command, CommandTable } from '../../../src/cli/command.ts';
import { type Candidate, complete, type Values } from '../../../src/cli/completion/complete.ts';
import { flagKinds, wordKinds } from '../../../src/cli/completion/kinds.ts';
import { completionScript, renderCompletion, shells } from '../../../src/cli/completion/scripts.ts';
import { askFor, cacheKey } from '../../../src/cli/completion/values.ts';
import { httpFlags } from '../../../src/cli/http-flags.ts';
import { consulHttp } from '../../../src/client/http.ts';
import { resolveSettings } from '../../../src/client/settings.ts';
import { fakeConsul } from '../client/fake-consul.ts';

const folder = resolve(import.meta.dirname, '../../../src/commands');
const table: CommandTable = Object.fromEntries(
  globSync('**/*.ts', { cwd: folder }).map((file) => [
    relative('.', file).replace(/\.ts$/, '').replaceAll('/', ' '),
    async () => ((await import(resolve(folder, file))) as { default: Command }).default,
  ]),
);

/** Every kind has two values, which say for what they were asked. */
const asked: string[] = [];
const values: Values = async (kind, prefix) => {
  asked.push(`${kind} ${prefix}`);
  return [`${kind}-a`, `${kind}-b/`].map((word): Candidate => ({ word, about: 'live' }));
};
const offered = async (...line: string[]): Promise<string[]> =>
  (await complete(line, table, values)).candidates.map(({ word }) => word);

describe('completion', () => {
  it('offers commands, then subcommands', async () => {
    expect(await offered('sn')).toEqual(['snapshot']);
    expect(await offered('kv', 'ex')).toEqual(['export']);
    expect(await offered('acl', 'auth-method', '')).toEqual(['create', 'delete', 'list', 'read', 'update']);
    expect((await complete(['k'], table, values)).candidates).toEqual([
      { word: 'keygen', about: 'Generates a new encryption key' },
      { word: 'keyring', about: 'Manages gossip layer encryption keys' },
      { word: 'kv', about: 'Interact with the key-value store' },
    ]);
  });

  it('offers flags, with = where a value follows', async () => {
    expect(await offered('kv', 'get', '-de')).toEqual(['-detailed']);
    expect(await offered('kv', 'get', '--datac')).toEqual(['--datacenter=']);
    expect(await offered('catalog', 'nodes', '')).toContain('-near=');
    expect(await offered('kv', 'get', '-')).toContain('-h');
  });

  it('offers the words that a flag takes, in both ways to write it', async () => {
    expect(await offered('kv', 'get', '-format=j')).toEqual(['-format=json']);
    expect(await offered('kv', 'get', '-format', '')).toEqual(['pretty', 'json']);
    expect(await offered('kv', 'get', '-detailed=f')).toEqual(['-detailed=false']);
  });

  it('offers what only the agent knows', async () => {
    expect(await offered('kv', 'get', '-detailed', 'key')).toEqual(['key-a', 'key-b/']);
    expect(await offered('catalog', 'nodes', '-service=se')).toEqual(['-service=service-a', '-service=service-b/']);
    expect(await offered('acl', 'token', 'read', '-id', '')).toEqual(['token-a', 'token-b/']);
    expect(await offered('rtt', 'n1', '')).toEqual(['node-a', 'node-b/']);
    expect(await offered('health', '-datacenter=dc2', '')).toEqual(['service-a', 'service-b/']);
    expect(asked.at(-1)).toBe('service ');
  });

  it('knows where flags end', async () => {
    expect(await offered('kv', 'get', 'k', '-d')).toEqual([]);
    expect(await offered('kv', 'tree', 'k', '-d')).toEqual(['-datacenter=', '-depth=']);
    expect(await offered('kv', 'tree', '--', '-d')).toEqual([]);
  });

  it('leaves files to the shell', async () => {
    const files = async (...line: string[]) => (await complete(line, table, values)).files;
    expect(await files('snapshot', 'save', '')).toBe('');
    expect(await files('kv', 'get', '-ca-file=x')).toBe('-ca-file=');
    expect(await files('kv', 'put', 'k', '@x')).toBe('@');
    expect(await offered('kv', 'put', 'k', '')).toEqual(['@', '-']);
  });

  it('offers nothing where it knows nothing', async () => {
    expect(await offered('nope', '')).toEqual([]);
    expect(await offered('agent', '-d')).toEqual([]);
    expect(await offered('kv', 'get', '-nope=')).toEqual([]);
    expect(await offered()).not.toEqual([]);
  });

  it('speaks of commands and flags that there are', async () => {
    const commands = Object.fromEntries(
      await Promise.all(Object.entries(table).map(async ([words, load]) => [words, await load()] as const)),
    );
    for (const words of Object.keys(wordKinds)) expect(commands).toHaveProperty([words]);
    const flagsOf = ({ flags, http }: Command) => Object.keys({ ...flags, ...httpFlags(http) });
    const all = new Set(Object.values(commands).flatMap(flagsOf));
    for (const name of Object.keys(flagKinds)) {
      const [, words, flag] = /^(.+) -(.+)$/.exec(name) ?? [];
      if (words === undefined) expect(all).toContain(name);
      else expect(flagsOf(commands[words]!)).toContain(flag);
    }
  });
});

describe('live values', () => {
  const line = { words: '', flags: {}, rest: [] };
  async function live(
    kind: Parameters<typeof askFor>[0],
    body: unknown,
    path: string,
    rest: string[] = [],
    folder = '',
  ) {
    const consul = fakeConsul();
    consul.fixed.set(`GET ${path}`, { status: 200, body: JSON.stringify(body) });
    const http = consulHttp(resolveSettings({}), consul.transport);
    return askFor(kind, { http, folder, options: { stale: true }, line: { ...line, rest } });
  }

  it('come sorted, with a word on each', async () => {
    expect(await live('service', { web: ['v1', 'v2'], db: [] }, '/v1/catalog/services')).toEqual([
      { word: 'db', about: '' },
      { word: 'web', about: 'v1,v2' },
    ]);
    expect(
      await live(
        'token',
        [
          { AccessorID: 'b', Description: 'of web\nmore' },
          { AccessorID: 'a', Description: '' },
        ],
        '/v1/acl/tokens',
      ),
    ).toEqual([
      { word: 'a', about: '' },
      { word: 'b', about: 'of web' },
    ]);
  });

  it('of keys come folder by folder', async () => {
    const consul = fakeConsul();
    for (const key of ['app/a', 'app/b/c', 'top']) await consul.handle('PUT', `/v1/kv/${key}`, Buffer.alloc(0));
    const http = consulHttp(resolveSettings({}), consul.transport);
    const options = { stale: true };
    expect((await askFor('key', { http, folder: 'app/', options, line })).map(({ word }) => word)).toEqual([
      'app/a',
      'app/b/',
    ]);
    expect(consul.requests.at(-1)).toBe('GET /v1/kv/app/?keys=&separator=%2F&stale=');
  });

  it('of config entries are of the kind that was given before', async () => {
    const entries = [{ Kind: 'service-defaults', Name: 'web' }];
    const path = '/v1/config/service-defaults';
    expect(await live('config-name', entries, path, ['-kind', 'service-defaults'])).toEqual([
      { word: 'web', about: '' },
    ]);
    expect(await live('config-name', entries, path)).toEqual([]);
    expect(cacheKey('config-name', { folder: '', line: { ...line, rest: ['-kind=a'] } })).not.toBe(
      cacheKey('config-name', { folder: '', line: { ...line, rest: ['-kind=b'] } }),
    );
  });
});

describe('the answer to the scripts', () => {
  it('says first whether something follows', () => {
    expect(
      renderCompletion({
        candidates: [
          { word: 'a', about: 'x\ty' },
          { word: 'b/', about: '' },
        ],
      }),
    ).toBe('space\na\tx y\nb/\n');
    expect(renderCompletion({ candidates: [{ word: '-x=', about: '' }] })).toBe('nospace\n-x=\n');
    expect(renderCompletion({ candidates: [], files: '-ca-file=' })).toBe('files -ca-file=\n');
    expect(renderCompletion({ candidates: [{ word: 'two\nlines', about: '' }] })).toBe('space\n');
  });

  it.each(shells.slice(0, 1))('is read by a script that %s can parse', (shell) => {
    const { status, stderr } = spawnSync(shell, ['-n'], {
      input: completionScript(shell, "/it's here/tc"),
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
