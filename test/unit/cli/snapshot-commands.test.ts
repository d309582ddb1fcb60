import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import inspect from '../../../src/commands/snapshot/inspect.ts';
import verify from '../../../src/commands/snapshot/verify.ts';
import { run } from './run-on-fake.ts';

const plain = join(import.meta.dirname, '../../data/vectors/snapshots/plain.snap');
const folder = mkdtempSync(join(tmpdir(), 'tc-snapshot-commands-'));
afterAll(() => rmSync(folder, { recursive: true }));

// The first of them is the header.
const records = JSON.parse(readFileSync(plain.replace('.snap', '.records.json'), 'utf8')) as { records: unknown[] };

interface Row {
  readonly Name: string;
  readonly Sum: number;
  readonly Count: number;
}

interface Inspected {
  readonly Meta: { readonly Size: number };
  readonly Stats: readonly Row[];
  readonly StatsKV: readonly Row[];
  readonly TotalSize: number;
  readonly TotalSizeKV: number;
}

function damagedFile(): string {
  const file = join(folder, 'damaged.snap');
  const bytes = readFileSync(plain);
  writeFileSync(file, bytes.subarray(0, bytes.length / 2));
  return file;
}

describe('snapshot inspect', () => {
  it('counts every record and every byte once', async () => {
    const { exit, out } = await run(inspect, ['-format=json', '-kvdetails', plain]);
    expect(exit).toBe(0);
    const { Meta, Stats, StatsKV, TotalSize, TotalSizeKV } = JSON.parse(out) as Inspected;
    const sum = (rows: readonly { Sum: number }[]) => rows.reduce((total, row) => total + row.Sum, 0);
    expect(sum(Stats)).toBe(TotalSize);
    expect(TotalSize).toBe(Meta.Size);
    expect(sum(StatsKV)).toBe(TotalSizeKV);
    expect(Stats.find(({ Name }) => Name === 'KVS')).toMatchObject({ Sum: TotalSizeKV });
    expect(Stats.reduce((total, { Count }) => total + Count, 0)).toBe(records.records.length - 1);
  });

  it('groups keys by their first parts and takes only those asked for', async () => {
    const all = await run(inspect, ['-kvdetails', '-kvdepth=1', plain]);
    expect(all.out).toContain(' Key Name');
    const none = await run(inspect, ['-kvdetails', '-kvfilter=no/such', '-format=json', plain]);
    expect(JSON.parse(none.out)).toMatchObject({ StatsKV: [], TotalSizeKV: 0 });
  });

  it.each([
    [[], 'Missing FILE argument\n'],
    [['a', 'b'], 'Too many arguments (expected 1, got 2)\n'],
    [['/no/such.snap'], 'Error opening snapshot file: open /no/such.snap: no such file or directory\n'],
    [['-format=xml', plain], 'Error outputting enhanced snapshot data: Unknown format: xml\n'],
  ])('refuses %j', async (argv, err) => {
    expect(await run(inspect, argv)).toEqual({ exit: 1, out: '', err });
  });

  it('says what is wrong with a damaged file', async () => {
    const { exit, err } = await run(inspect, [damagedFile()]);
    expect([exit, err]).toEqual([1, expect.stringMatching(/^Error reading snapshot: failed to read snapshot file: /)]);
  });
});

describe('snapshot verify', () => {
  it('restores all of it and counts the rows', async () => {
    const { exit, out } = await run(verify, ['-format=json', plain]);
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ File: plain, Tables: { autopilot: 1, nodes: expect.any(Number) } });
    expect((await run(verify, [plain])).out).toMatch(
      /^ Table +Rows\n[\s\S]+\nVerified: .* restores completely, to index \d+\n$/,
    );
  });

  it('fails on a damaged file', async () => {
    expect(await run(verify, [damagedFile()])).toMatchObject({ exit: 1, out: '' });
  });
});
