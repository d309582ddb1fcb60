import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogFile, splitLogPath } from '../../../../src/agent/telemetry/log-file.ts';
import { FakeClock } from './fake-clock.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'log-file-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const lines = (...texts: string[]) => texts.map((line) => ({ line: `${line}\n`, tag: 0 }));
const names = () => readdirSync(directory).sort();
const contents = () => names().map((name) => readFileSync(join(directory, name), 'utf8'));

function openFile(overrides: Partial<ConstructorParameters<typeof LogFile>[0]> = {}) {
  const clock = new FakeClock();
  const problems: Error[] = [];
  const file = new LogFile({
    path: `${directory}/`,
    rotateBytes: 0,
    rotateDurationMs: 0,
    rotateMaxFiles: 0,
    clock,
    onPruneError: (error) => problems.push(error),
    ...overrides,
  });
  return { clock, file, problems };
}

describe('log files', () => {
  it.each([
    ['/var/log/', { directory: '/var/log/', prefix: 'consul', suffix: '.log' }],
    ['/var/log/tc', { directory: '/var/log', prefix: 'tc', suffix: '.log' }],
    ['/var/log/tc.txt', { directory: '/var/log', prefix: 'tc', suffix: '.txt' }],
    ['tc.log', { directory: '.', prefix: 'tc', suffix: '.log' }],
  ])('names the files of %s', (path, parts) => {
    expect(splitLogPath(path)).toEqual(parts);
  });

  it('puts the time in nanoseconds into the name', async () => {
    const { file } = openFile();
    await file.write(lines('a', 'b'));
    await file.close();
    expect(names()).toEqual(['consul-1626951290000000000.log']);
    expect(contents()).toEqual(['a\nb\n']);
  });

  it('throws when the directory does not exist', () => {
    expect(() => openFile({ path: join(directory, 'missing', 'x.log') })).toThrow('ENOENT');
  });

  it('rotates by size between lines, several times in one batch', async () => {
    const { file } = openFile({ rotateBytes: 5 });
    await file.write(lines('a', 'b', 'c', 'a line longer than the limit', 'd', 'é', 'f'));
    await file.close();
    expect(contents()).toEqual(['a\nb\n', 'c\n', 'a line longer than the limit\n', 'd\né\n', 'f\n']);
  });

  it('rotates by age when the next line comes', async () => {
    const { clock, file } = openFile({ rotateDurationMs: 1000 });
    await file.write(lines('a'));
    clock.advance(999);
    await file.write(lines('b'));
    clock.advance(1);
    await file.write(lines('c'));
    await file.close();
    expect(contents()).toEqual(['a\nb\n', 'c\n']);
  });

  it.each([
    [0, 4],
    [2, 3],
    [1, 2],
    [-1, 1],
  ])('with rotateMaxFiles %d leaves %d files', async (rotateMaxFiles, left) => {
    const other = ['consul-1.log.bak', 'consul-notes.log', 'other-1626951290000000000.log'];
    for (const name of other) writeFileSync(join(directory, name), '');
    const { file, problems } = openFile({ rotateBytes: 2, rotateMaxFiles });
    for (const line of ['a', 'b', 'c', 'd']) await file.write(lines(line));
    await file.close();
    const ours = names().filter((name) => !other.includes(name));
    expect(ours).toHaveLength(left);
    expect(readFileSync(join(directory, ours.at(-1)!), 'utf8')).toBe('d\n');
    expect(names()).toEqual(expect.arrayContaining(other));
    expect(problems).toEqual([]);
  });

  it('counts the files of earlier runs', async () => {
    for (const stamp of ['1500000000000000001', '1500000000000000002']) {
      writeFileSync(join(directory, `consul-${stamp}.log`), 'old\n');
    }
    const { file } = openFile({ rotateBytes: 2, rotateMaxFiles: 2 });
    await file.write(lines('a', 'b'));
    await file.close();
    expect(contents()).toEqual(['old\n', 'a\n', 'b\n']);
  });

  it('keeps the lines when a new file cannot be made, and goes on later', async () => {
    const { clock, file } = openFile({ rotateDurationMs: 10 });
    await file.write(lines('a'));
    clock.advance(10);
    rmSync(directory, { recursive: true });
    const failed = await file.write(lines('b', 'c'));
    expect(failed).toMatchObject({ written: 0, error: { code: 'ENOENT' } });
    const { mkdirSync } = await import('node:fs');
    mkdirSync(directory);
    expect(await file.write(lines('b', 'c'))).toEqual({ written: 2, error: null });
    await file.close();
    expect(contents()).toEqual(['b\nc\n']);
  });

  it('writes the last words of a dying process', async () => {
    const { file } = openFile();
    await file.write(lines('a'));
    file.writeSync(lines('b'));
    await file.close();
    expect(contents()).toEqual(['a\nb\n']);
  });
});
