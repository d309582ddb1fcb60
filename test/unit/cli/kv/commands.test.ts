import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../../../src/cli/command.ts';
import { conflictText, editableText, hasConflict, withoutAddedNewline } from '../../../../src/cli/kv/edit.ts';
import { bytesOf } from '../../../../src/client/kv.ts';
import diff from '../../../../src/commands/kv/diff.ts';
import edit from '../../../../src/commands/kv/edit.ts';
import exportTree from '../../../../src/commands/kv/export.ts';
import find from '../../../../src/commands/kv/find.ts';
import tree from '../../../../src/commands/kv/tree.ts';
import { fakeConsul } from '../../client/fake-consul.ts';
import { run } from '../run-on-fake.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tc-kv-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function store(values: Readonly<Record<string, string>>) {
  const consul = fakeConsul();
  for (const [key, value] of Object.entries(values)) {
    await consul.handle('PUT', `/v1/kv/${key}`, Buffer.from(value));
  }
  const { transport } = consul;
  return {
    consul,
    value: (key: string) => bytesOf(consul.keys.get(key)!).toString(),
    tc: (command: Command, argv: readonly string[], env: Record<string, string> = {}) =>
      run(command, argv, { transport, env, stdin: '' }),
  };
}

const sample = { 'app/url': 'http://10.0.0.7/', 'app/name': 'web\nWeb site', 'db/url': 'x' };

describe('kv find', () => {
  it('looks into names, or into values line by line', async () => {
    const { tc } = await store(sample);
    expect(await tc(find, ['url'])).toEqual({ exit: 0, out: 'app/url\ndb/url\n', err: '' });
    expect((await tc(find, ['url', '/app/'])).out).toBe('app/url\n');
    expect((await tc(find, ['WEB', '-values', '-ignore-case'])).out).toBe('app/name:1:web\napp/name:2:Web site\n');
    expect((await tc(find, ['-regex', '-values', '^h.*7/$'])).out).toBe('app/url:1:http://10.0.0.7/\n');
    expect(JSON.parse((await tc(find, ['-format=json', 'app'])).out)).toEqual(['app/name', 'app/url']);
  });

  it('exits with 1 for nothing found, with 2 when it could not look', async () => {
    const { tc, consul } = await store(sample);
    expect(await tc(find, ['nix'])).toEqual({ exit: 1, out: '', err: '' });
    expect(await tc(find, ['-regex', '['])).toMatchObject({
      exit: 2,
      err: 'error parsing regexp: missing closing ]: `[`\n',
    });
    expect(await tc(find, [])).toMatchObject({ exit: 2, err: 'Error! Missing TEXT argument\n' });
    consul.fixed.set('GET /v1/kv/', { status: 500, body: 'No cluster leader' });
    expect((await tc(find, ['x'])).exit).toBe(2);
  });
});

describe('kv tree', () => {
  it('draws what is below the prefix', async () => {
    const { tc } = await store(sample);
    expect((await tc(tree, ['/app/'])).out).toBe('app/\n├── name\n└── url\n\n2 keys\n');
    expect(await tc(tree, ['nix'])).toMatchObject({ exit: 1, err: 'Error! No key begins with: nix\n' });
  });
});

describe('kv diff', () => {
  it('compares prefixes by what follows them', async () => {
    const { tc } = await store(sample);
    expect(await tc(diff, ['app/', 'db/'])).toEqual({
      exit: 1,
      out: '- name\n    - web\n    - Web site\n~ url\n    - http://10.0.0.7/\n    + x\n\n0 added, 1 removed, 1 changed\n',
      err: '',
    });
    expect(await tc(diff, ['app/', 'app/'])).toEqual({ exit: 0, out: '', err: '' });
    expect((await tc(diff, ['app/', 'db/', '-names'])).out).toBe('- name\n~ url\n');
  });

  it('compares an export with what is there now', async () => {
    const { tc, consul } = await store(sample);
    const file = join(folder, 'export.json');
    writeFileSync(file, (await tc(exportTree, [''])).out);
    await consul.handle('PUT', '/v1/kv/app/new', Buffer.from('n'));
    expect(await tc(diff, [`@${file}`, 'app/'])).toMatchObject({
      exit: 1,
      out: '+ new\n    + n\n\n1 added, 0 removed, 0 changed\n',
    });
    expect(await tc(diff, [`@${file}`, `@${file}`])).toMatchObject({ exit: 0 });
    expect(await tc(diff, [`@${file}x`, 'app/'])).toMatchObject({ exit: 2 });
    expect(await tc(diff, ['app/'])).toMatchObject({ exit: 2, err: 'Error! Missing AFTER argument\n' });
  });

  it('asks another datacenter for its side', async () => {
    const { tc, consul } = await store(sample);
    await tc(diff, ['-other-datacenter=dc2', 'app/']);
    expect(consul.requests.slice(-2)).toEqual(['GET /v1/kv/app/?recurse=', 'GET /v1/kv/app/?dc=dc2&recurse=']);
  });
});

describe('kv edit', () => {
  /** An editor that writes `text`, after it kept what it was given. */
  function editor(...texts: string[]): Record<string, string> {
    const script = join(folder, 'editor.sh');
    for (const [at, text] of texts.entries()) writeFileSync(join(folder, `text-${at}`), text);
    writeFileSync(
      script,
      `n=$(ls ${folder}/given-* 2>/dev/null | wc -l); cp "$1" ${folder}/given-$n; cat ${folder}/text-$n > "$1"\n`,
    );
    return { EDITOR: `sh ${script}` };
  }
  const given = (at: number): string => readFileSync(join(folder, `given-${at}`), 'utf8');

  it('writes what the editor made of it, without the newline that it added', async () => {
    const { tc, value, consul } = await store({ k: 'old' });
    expect(await tc(edit, ['k'], editor('new\n'))).toEqual({ exit: 0, out: 'Success! Data written to: k\n', err: '' });
    expect(given(0)).toBe('old');
    expect(value('k')).toBe('new');
    expect(consul.requests.at(-1)).toMatch(/^PUT \/v1\/kv\/k\?cas=\d+$/);
  });

  it('writes nothing when nothing changed', async () => {
    const { tc, consul } = await store({ k: 'old\n' });
    expect((await tc(edit, ['k'], editor('old\n'))).out).toBe('Nothing changed: k\n');
    expect(consul.requests.filter((line) => line.startsWith('PUT'))).toHaveLength(1);
  });

  it('creates a key that is not there, even an empty one', async () => {
    const { tc, value } = await store({});
    expect((await tc(edit, ['a/b'], editor(''))).exit).toBe(0);
    expect(value('a/b')).toBe('');
  });

  it('keeps the flags, and edits bytes as base64', async () => {
    const { tc, consul } = await store({});
    await consul.handle('PUT', '/v1/kv/k?flags=7', Buffer.from([0, 1]));
    expect(await tc(edit, ['k'], editor('x'))).toMatchObject({
      exit: 1,
      err: 'The value of k is no text: use -base64\n',
    });
    expect((await tc(edit, ['-base64', 'k'], editor('AAI=\n'))).exit).toBe(0);
    expect(consul.keys.get('k')).toMatchObject({ Value: 'AAI=', Flags: 7n });
  });

  /** A store in which somebody else writes between reading and the first write. */
  async function contested() {
    const all = await store({ k: 'old' });
    const { send } = all.consul.transport;
    let raced = false;
    const transport = {
      ...all.consul.transport,
      send: async (request: Parameters<typeof send>[0]) => {
        if (request.method === 'PUT' && !raced) {
          raced = true;
          await all.consul.handle('PUT', '/v1/kv/k', Buffer.from('theirs'));
        }
        return send(request);
      },
    };
    return { ...all, tc: (argv: string[], env: Record<string, string>) => run(edit, argv, { transport, env }) };
  }

  it('fails without a terminal when somebody was faster, and keeps the text', async () => {
    const { tc, value } = await contested();
    const { exit, err } = await tc(['k'], editor('mine'));
    expect(exit).toBe(1);
    const [, path] = /^What was edited is in (.*)\nError! k was changed by somebody else\n$/.exec(err)!;
    expect(readFileSync(path!, 'utf8')).toBe('mine');
    rmSync(join(path!, '..'), { recursive: true });
    expect(value('k')).toBe('theirs');
  });

  it('overwrites, or has both versions edited, when told to', async () => {
    const overwriting = await contested();
    expect((await overwriting.tc(['k', '-on-conflict=overwrite'], editor('mine'))).exit).toBe(0);
    expect(overwriting.value('k')).toBe('mine');
    rmSync(join(folder, 'given-0'));

    const merging = await contested();
    expect((await merging.tc(['k', '-on-conflict=merge'], editor('mine', 'both'))).exit).toBe(0);
    expect(given(1)).toBe(conflictText('mine', 'theirs'));
    expect(merging.value('k')).toBe('both');
  });

  it('says so when the editor fails', async () => {
    const { tc, value } = await store({ k: 'old' });
    expect(await tc(edit, ['k'], { EDITOR: 'false' })).toMatchObject({
      exit: 1,
      err: 'The editor failed, nothing was written: false\n',
    });
    expect(value('k')).toBe('old');
  });

  it('knows text, added newlines and marks left over', () => {
    expect(editableText(Buffer.from('ü'))).toBe('ü');
    expect([editableText(Buffer.from([255])), editableText(Buffer.from([0]))]).toEqual([null, null]);
    expect(withoutAddedNewline('a\n', 'b')).toBe('a');
    expect(withoutAddedNewline('a\n', 'b\n')).toBe('a\n');
    expect(hasConflict(conflictText('a', 'b'))).toBe(true);
    expect(hasConflict('a <<<<<<< yours b')).toBe(false);
  });
});
