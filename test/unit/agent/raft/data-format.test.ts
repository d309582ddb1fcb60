import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataFormat, readDataFormat, settleDataFormat } from '../../../../src/agent/raft/data-format.ts';

let dataDir: string;
let log: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tc-format-'));
  log = join(dataDir, 'raft', 'raft.db');
});
afterEach(() => rmSync(dataDir, { recursive: true }));

function withLog(format: string | null): void {
  mkdirSync(log, { recursive: true });
  writeFileSync(join(log, '000000000001.log'), 'entries');
  if (format !== null) writeFileSync(join(log, 'format'), format);
}

describe('the format of a data directory', () => {
  it('is written beside a new log, and beside one of before there was such a file', async () => {
    expect(await settleDataFormat(dataDir)).toEqual({ copy: null });
    expect(await readDataFormat(dataDir)).toBe(dataFormat);
    rmSync(join(log, 'format'));
    withLog(null);
    expect(await settleDataFormat(dataDir)).toEqual({ copy: null });
    expect(readdirSync(dataDir)).toEqual(['raft']);
    expect(readFileSync(join(log, 'format'), 'utf8')).toBe(`${dataFormat}\n`);
  });

  it('that is newer is refused', async () => {
    withLog(`${dataFormat + 1}\n`);
    await expect(settleDataFormat(dataDir)).rejects.toThrow(`has format ${dataFormat + 1}, of a newer version`);
  });

  it.each(['', 'one\n', '0\n', '-1\n', '1', '1\n1\n'])('that is %j is refused', async (text) => {
    withLog(text);
    await expect(settleDataFormat(dataDir)).rejects.toThrow('it is not a number');
  });

  it('that is older is brought up to date step by step, with a copy of before beside it', async () => {
    withLog('1\n');
    const order: string[] = [];
    const step = (name: string) => async (at: string) => {
      order.push(name);
      writeFileSync(join(at, 'raft', name), '');
    };
    const steps = { 1: step('one'), 2: step('two') };
    const copy = join(dataDir, 'raft.format-1');
    expect(await settleDataFormat(dataDir, { newest: 3, steps })).toEqual({ copy });
    expect(order).toEqual(['one', 'two']);
    expect(await readDataFormat(dataDir)).toBe(3);
    expect(readdirSync(copy)).toEqual(['raft.db']);
    expect(readdirSync(join(copy, 'raft.db')).sort()).toEqual(['000000000001.log', 'format']);
    expect(await settleDataFormat(dataDir, { newest: 3, steps })).toEqual({ copy: null });
  });

  it('0, a folder of another name, is brought up to date', async () => {
    const earlier = join(dataDir, 'raft', 'log');
    mkdirSync(earlier, { recursive: true });
    writeFileSync(join(earlier, '000000000001.log'), 'entries');
    const copy = join(dataDir, 'raft.format-0');
    expect(await settleDataFormat(dataDir)).toEqual({ copy });
    expect(readdirSync(join(dataDir, 'raft'), { recursive: true }).sort()).toEqual([
      'raft.db',
      'raft.db/000000000001.log',
      'raft.db/format',
    ]);
    expect(readFileSync(join(log, '000000000001.log'), 'utf8')).toBe('entries');
    expect(readdirSync(copy, { recursive: true }).sort()).toEqual(['log', 'log/000000000001.log']);
    expect(await settleDataFormat(dataDir)).toEqual({ copy: null });
  });

  it.each([
    [
      'two logs',
      'raft/log/000000000001.log',
      /raft\/log is a second log, of an earlier build, beside .*raft\.db\. Move/,
    ],
    ['an LMDB', 'raft/raft.db/data.mdb', /data\.mdb is the log of an early build, kept by LMDB\. Start the build/],
  ])('%s: refused, with the file named, and nothing is touched', async (_, file, why) => {
    withLog('1\n');
    mkdirSync(dirname(join(dataDir, file)), { recursive: true });
    writeFileSync(join(dataDir, file), 'other entries');
    const before = readdirSync(dataDir, { recursive: true });
    await expect(settleDataFormat(dataDir)).rejects.toThrow(why);
    expect(readdirSync(dataDir, { recursive: true })).toEqual(before);
  });

  it('is what was reached when a step fails', async () => {
    withLog('1\n');
    const fail = async (): Promise<void> => {
      throw new Error('no space left');
    };
    const steps = { 1: async () => {}, 2: fail };
    await expect(settleDataFormat(dataDir, { newest: 3, steps })).rejects.toThrow('no space');
    expect(await readDataFormat(dataDir)).toBe(2);
  });
});
