/** With 100,000 keys: lists, saves and restores never hold the event loop for long. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { packArchive, writeState } from '../../../src/snapshot/index.ts';
import { AgentProcess } from '../agent-process.ts';

const keys = 100_000;
/** Collections of the heap are inside: the work itself yields after 4 ms. Without yielding, a list takes more than 150. */
const limitMs = 50;

async function archiveOf(count: number): Promise<Buffer> {
  const records = Array.from({ length: count }, (_, i) => {
    const value = { Key: `load/${i % 100}/${i}`, Value: `value ${i} ${'x'.repeat(40)}`, Flags: 0 };
    return {
      type: 'kv',
      value: { ...value, Session: '', LockIndex: 0, CreateIndex: i + 1, ModifyIndex: i + 1 },
    } as const;
  });
  const about = { id: `2-${count}-1`, index: count, term: 2, configuration: { servers: [] }, configurationIndex: 1 };
  const packed = await packArchive(about, writeState(count, records));
  return Buffer.concat(await Array.fromAsync(packed.read()));
}

it('lists, saves and restores of 100,000 keys leave turns to others', { timeout: 120_000 }, async () => {
  const archive = await archiveOf(keys);
  const { NODE_OPTIONS } = process.env;
  process.env['NODE_OPTIONS'] = `--import ${join(import.meta.dirname, 'turns.mjs')}`;
  await using agent = await AgentProcess.create({ dev: true });
  try {
    await agent.start();
  } finally {
    if (NODE_OPTIONS === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = NODE_OPTIONS;
  }
  /** Processor time of the longest turns since the last call, in milliseconds. */
  const turns = async (): Promise<number[]> => {
    const from = agent.output.length;
    agent.signal('SIGUSR2');
    for (let i = 0; i < 500; i++) {
      const [, found] = /TURNS (.*)\n/.exec(agent.output.slice(from)) ?? [];
      if (found !== undefined) return JSON.parse(found) as number[];
      await sleep(10);
    }
    throw new Error('the agent says nothing');
  };
  const work = {
    restore: () => agent.request('PUT', '/v1/snapshot', archive),
    list: () => agent.request('GET', '/v1/kv/?recurse'),
    keys: () => agent.request('GET', '/v1/kv/?keys'),
    save: () => agent.request('GET', '/v1/snapshot'),
  };
  // What is loaded or compiled with its first use does not count.
  for (const run of Object.values(work)) expect((await run()).status).toBe(200);
  await turns();
  for (const [name, run] of Object.entries(work)) {
    // A turn that holds by design is long every time; one that met a collection or a compilation is not.
    const longest: number[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      await agent.request('PUT', '/v1/kv/one', `${name} ${attempt}`);
      await turns();
      expect((await run()).status).toBe(200);
      longest.push((await turns())[0]!);
    }
    expect(Math.min(...longest), name).toBeLessThan(limitMs);
  }
});

/** The memory of a process in MiB: now, or at most since the last call of `forget`. */
const memoryOf = (pid: number, what: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
const forget = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');

it('a save of 100,000 keys takes little memory beside them', { timeout: 60_000 }, async () => {
  await using agent = await AgentProcess.create({ dev: true });
  await agent.start();
  expect((await agent.request('PUT', '/v1/snapshot', await archiveOf(keys))).status).toBe(200);
  // What is loaded and compiled with its first use does not count, nor what a restore leaves to be collected.
  expect((await agent.request('GET', '/v1/snapshot')).status).toBe(200);
  for (let n = 0; n < 3; n++) {
    const before = memoryOf(agent.pid, 'VmRSS');
    forget(agent.pid);
    expect((await agent.request('GET', '/v1/snapshot')).status).toBe(200);
    expect(memoryOf(agent.pid, 'VmHWM') / before).toBeLessThan(1.5);
  }
});
