import { describe, expect, it } from 'vitest';
import kvDelete from '../../../src/commands/kv/delete.ts';
import kvExport from '../../../src/commands/kv/export.ts';
import kvGet from '../../../src/commands/kv/get.ts';
import kvImport from '../../../src/commands/kv/import.ts';
import kvPut from '../../../src/commands/kv/put.ts';
import { fakeConsul } from '../client/fake-consul.ts';
import { run } from './run-on-fake.ts';

function cli() {
  const consul = fakeConsul();
  const { transport } = consul;
  return {
    consul,
    get: (...argv: string[]) => run(kvGet, argv, { transport }),
    put: (...argv: string[]) => run(kvPut, argv, { transport }),
    delete: (...argv: string[]) => run(kvDelete, argv, { transport }),
    export: (...argv: string[]) => run(kvExport, argv, { transport }),
    import: (...argv: string[]) => run(kvImport, argv, { transport }),
  };
}

const ok = (out: string) => ({ exit: 0, out, err: '' });
const failed = (err: string) => ({ exit: 1, out: '', err });

describe('kv put and get', () => {
  it('writes a value and prints it with a newline', async () => {
    const { put, get } = cli();
    expect(await put('a/b', '  two words ')).toEqual(ok('Success! Data written to: a/b\n'));
    expect(await get('a/b')).toEqual(ok('  two words \n'));
    expect(await get('/a/b')).toEqual(ok('  two words \n'));
    expect(await get('nope')).toEqual(failed('Error! No key exists at: nope\n'));
  });

  it('escapes keys on the way and back', async () => {
    const { put, get, consul } = cli();
    await put('sp ace/k?y#&=%', 'odd');
    expect(consul.requests.at(-1)).toBe('PUT /v1/kv/sp%20ace/k%3Fy%23&=%25');
    expect(await get('sp ace/k?y#&=%')).toEqual(ok('odd\n'));
  });

  it('prints all fields with -detailed, flags of 64 bits exactly', async () => {
    const { put, get } = cli();
    await put('-flags=18446744073709551615', 'k', 'v');
    expect((await get('-detailed', 'k')).out).toBe(
      [
        'CreateIndex  11',
        'Flags        18446744073709551615',
        'Key          k',
        'LockIndex    0',
        'ModifyIndex  11',
        'Session      -',
        'Value        v\n',
      ].join('\n'),
    );
    expect((await get('-format=json', 'k')).out).toContain('"Flags": 18446744073709551615,');
  });

  it('refuses wrong arguments before asking anybody', async () => {
    const { put, get, consul } = cli();
    expect(await get()).toEqual(failed('Error! Missing KEY argument\n'));
    expect(await get('a', 'b')).toEqual(failed('Too many arguments (expected 1, got 2)\n'));
    expect(await put()).toEqual(failed('Error! Missing KEY argument\n'));
    expect(await put('k', 'v', 'x')).toEqual(failed('Error! Too many arguments (expected 1 or 2, got 3)\n'));
    expect(await put('/k', 'v')).toEqual(
      failed("Error! Failed writing data: Invalid key. Key must not begin with a '/': /k\n"),
    );
    expect(await put('-acquire', 'k')).toEqual(
      failed('Error! Missing -session (required with -acquire and -release)\n'),
    );
    expect(await get('-format=xml', 'k')).toEqual(failed('Unknown format: xml\n'));
    expect(consul.requests).toEqual([]);
  });

  it('checks and sets', async () => {
    const { put } = cli();
    expect(await put('-cas', 'c', '1')).toMatchObject({ exit: 0 });
    expect(await put('-cas', 'c', '2')).toEqual(
      failed('Error! Did not write to c: CAS performed with index=0 and key already exists.\n'),
    );
    expect(await put('-cas', '-modify-index=5', 'c', '2')).toEqual(failed('Error! Did not write to c: CAS failed\n'));
    expect(await put('-cas', '-modify-index=11', 'c', '2')).toMatchObject({ exit: 0 });
  });

  it('takes and gives back locks', async () => {
    const { put, consul } = cli();
    consul.sessions.set('s1', { Behavior: 'release', Name: '' });
    consul.sessions.set('s2', { Behavior: 'release', Name: '' });
    expect(await put('-acquire', '-session=s1', 'l')).toEqual(ok('Success! Lock acquired on: l\n'));
    expect(await put('-acquire', '-session=s2', 'l')).toEqual(failed('Error! Did not acquire lock\n'));
    expect(await put('-release', '-session=s2', 'l')).toEqual(failed('Error! Did not release lock\n'));
    expect(await put('-release', '-session=s1', 'l')).toEqual(ok('Success! Lock released on: l\n'));
  });

  it('tells faulty base64 and writes what could be read', async () => {
    const { put, get } = cli();
    expect(await put('-base64', 'b', 'aGVsbG8')).toEqual({
      exit: 0,
      out: 'Success! Data written to: b\n',
      err: 'Error! Cannot base 64 decode data: illegal base64 data at input byte 4\n',
    });
    expect(await get('-base64', 'b')).toEqual(ok('aGVs\n'));
  });

  it('shows an error of the agent with its text on writes, without on reads', async () => {
    const { put, get, consul } = cli();
    for (const method of ['GET', 'PUT'])
      consul.fixed.set(`${method} /v1/kv/k`, { status: 403, body: 'Permission denied' });
    expect(await put('k')).toEqual(
      failed('Error! Failed writing data: Unexpected response code: 403 (Permission denied)\n'),
    );
    expect(await get('k')).toEqual(failed('Error querying Consul agent: Unexpected response code: 403\n'));
  });

  it('lists trees and names', async () => {
    const { put, get, consul } = cli();
    for (const key of ['x/a', 'x/b/c', 'x/b/d', 'y']) await put(key, key);
    expect(await get('-recurse', 'x/')).toEqual(ok('x/a:x/a\nx/b/c:x/b/c\nx/b/d:x/b/d\n'));
    expect(await get('-keys', 'x/')).toEqual(ok('x/a\nx/b/\n'));
    expect(consul.requests.at(-1)).toBe('GET /v1/kv/x/?keys=&separator=%2F');
    expect(await get('-keys', '-separator=', 'x/')).toEqual(ok('x/a\nx/b/c\nx/b/d\n'));
    expect(await get('-keys', 'none')).toEqual(ok(''));
    expect(await get('-recurse', 'none')).toEqual(ok(''));
    expect(JSON.parse((await get('-keys', '-format=json')).out)).toEqual(['x/', 'y']);
    expect((await get('-recurse', '-detailed', 'x/b/')).out.split('\n\n')).toHaveLength(2);
  });
});

describe('kv delete', () => {
  it('deletes keys and trees; what is not there is fine', async () => {
    const cmd = cli();
    for (const key of ['a/1', 'a/2', 'b']) await cmd.put(key, 'x');
    expect(await cmd.delete('never')).toEqual(ok('Success! Deleted key: never\n'));
    expect(await cmd.delete('-recurse', '/a')).toEqual(ok('Success! Deleted keys with prefix: a\n'));
    expect(await cmd.get('-keys')).toEqual(ok('b\n'));
  });

  it('refuses what makes no sense', async () => {
    const cmd = cli();
    expect(await cmd.delete()).toEqual(failed('Error! Missing KEY argument\n'));
    expect(await cmd.delete('-modify-index=5', 'k')).toEqual(failed('Cannot specify -modify-index without -cas!\n'));
    expect(await cmd.delete('-cas', 'k')).toEqual(
      failed('Cannot delete a key that does not exist. Provide a -modify-index greater than than 0.\n'),
    );
    expect(await cmd.delete('-cas', '-modify-index=1', '-recurse', 'k')).toEqual(
      failed('Cannot specify both -cas and -recurse!\n'),
    );
    await cmd.put('k', 'v');
    expect(await cmd.delete('-cas', '-modify-index=1', 'k')).toEqual(
      failed('Error! Did not delete key k: CAS failed\n'),
    );
  });
});

describe('kv export and import', () => {
  it('carries a tree from one place to another', async () => {
    const cmd = cli();
    await cmd.put('-flags=18446744073709551615', 't/a', 'one');
    await cmd.put('t/b');
    const exported = await cmd.export('t/');
    expect(exported).toEqual(
      ok(
        '[\n\t{\n\t\t"key": "t/a",\n\t\t"flags": 18446744073709551615,\n\t\t"value": "b25l"\n\t},\n' +
          '\t{\n\t\t"key": "t/b",\n\t\t"flags": 0,\n\t\t"value": ""\n\t}\n]\n',
      ),
    );
    expect(await cmd.import('-prefix=copy', exported.out)).toEqual(ok('Imported: copy/t/a\nImported: copy/t/b\n'));
    expect((await cmd.get('-detailed', 'copy/t/a')).out).toContain('18446744073709551615');
    expect(await cmd.export('none')).toEqual(ok('[]\n'));
  });

  it.each([
    'not json',
    '{}',
    '',
    '[1]',
    '[{"key":1}]',
    '[{"key":"n","flags":"x","value":""}]',
    '[{"key":"a","value":3}]',
  ])('refuses %j and writes nothing', async (data) => {
    const cmd = cli();
    const { exit, err } = await cmd.import(data);
    expect(exit).toBe(1);
    expect(err).toMatch(/^Cannot unmarshal data: .+\n$/);
    expect(cmd.consul.requests).toEqual([]);
  });

  it('stops at a value that is not base64', async () => {
    const cmd = cli();
    expect(await cmd.import('[{"key":"bad","value":"***"}]')).toEqual(
      failed('Error base 64 decoding value for key bad: illegal base64 data at input byte 0\n'),
    );
  });
});
