import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { RemoteExec } from '../../../src/agent/events/remote-exec.ts';
import { noMeta } from '../../../src/agent/server/context.ts';
import { nodeRuntime } from '../../../src/lib/runtime-node.ts';
import type { RemoteExecJob } from '../../../src/structs/remote-exec.ts';
import { silentLogger } from '../../silent.ts';

const call = { Prefix: '_rexec', Session: 's1' };
const payload = Buffer.from(JSON.stringify(call));

/** An agent whose KV store is a map; `held`: whether the session still is there. */
function agentWith(job: Partial<RemoteExecJob> | string, held = (): boolean => true) {
  const value =
    typeof job === 'string' ? job : JSON.stringify({ Command: '', Args: null, Script: null, Wait: 0, ...job });
  const written = new Map<string, string>();
  const logged: string[] = [];
  const rpc = {
    call: async (method: string, args: { Key?: string; Op?: string; DirEnt?: never }) => {
      if (method === 'KVS.Get') return { reply: { Entries: [{ Value: Buffer.from(value) }] }, meta: noMeta };
      const { Key, Value, Session } = args.DirEnt as unknown as { Key: string; Value: Buffer | null; Session: string };
      expect([args.Op, Session]).toEqual(['lock', 's1']);
      if (!held()) return { reply: false, meta: noMeta };
      written.set(Key.replace('_rexec/s1/', ''), Value?.toString() ?? '');
      return { reply: true, meta: noMeta };
    },
  };
  const logger = {
    ...silentLogger,
    error: (text: string, pairs?: object) => void logged.push(text + JSON.stringify(pairs)),
  };
  const exec = new RemoteExec({
    nodeName: 'n1',
    datacenter: 'dc1',
    rpc: rpc as never,
    clock: nodeRuntime.clock,
    logger: logger as never,
  });
  return { exec, written, logged, output: () => outputOf(written) };
}

const outputOf = (written: Map<string, string>): string =>
  [...written]
    .filter(([key]) => key.startsWith('n1/out/'))
    .map(([, value]) => value)
    .join('');

const execs: RemoteExec[] = [];
afterEach(() => {
  for (const exec of execs.splice(0)) exec.stop();
});

describe('a job of remote execution', () => {
  it('is acknowledged, and what it says and its end are written down', async () => {
    const { exec, written } = agentWith({ Command: 'echo hello; exit 3' });
    await exec.handle({ Payload: payload });
    expect([...written]).toEqual([
      ['n1/ack', ''],
      ['n1/out/00000', 'hello\n'],
      ['n1/exit', '3'],
    ]);
  });

  it('may be a program with arguments, or a script whose file goes afterwards', async () => {
    const plain = agentWith({ Args: ['printf', '%s|%s', 'a b', '$HOME'] });
    await plain.exec.handle({ Payload: payload });
    expect(plain.output()).toBe('a b|$HOME');
    const files = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('rexec-'));
    const before = files();
    const script = agentWith({ Script: Buffer.from('#!/bin/sh\necho from script').toString('base64') });
    await script.exec.handle({ Payload: payload });
    expect(script.output()).toBe('from script\n');
    expect(files()).toEqual(before);
  });

  it('that says much is told in pieces of 4 KiB, all of it and in order', async () => {
    const { exec, written, output } = agentWith({ Command: 'seq 1 40000' });
    await exec.handle({ Payload: payload });
    expect(output()).toBe(`${Array.from({ length: 40_000 }, (_, n) => n + 1).join('\n')}\n`);
    for (const [key, value] of written) if (key.startsWith('n1/out')) expect(value.length).toBeLessThanOrEqual(4096);
    expect(written.get('n1/exit')).toBe('0');
  });

  it('that is silent gives signs of life', async () => {
    const { exec, written } = agentWith({ Command: 'sleep 0.2', Wait: 100e6 });
    await exec.handle({ Payload: payload });
    expect(written.get('n1/out/00000')).toBe('');
    expect(written.get('n1/exit')).toBe('0');
  });

  it('that cannot be started says why and ends with 255', async () => {
    const { exec, written, output } = agentWith({ Args: ['/no/such/program'] });
    await exec.handle({ Payload: payload });
    expect(output()).toContain('ENOENT');
    expect(written.get('n1/exit')).toBe('255');
  });

  it('goes on unheard when the session is gone', async () => {
    let writes = 0;
    const { exec, written, logged } = agentWith({ Command: 'seq 1 200000' }, () => ++writes < 2);
    await exec.handle({ Payload: payload });
    expect([...written.keys()]).toEqual(['n1/ack']);
    expect(logged).toEqual(['remote exec failed{"session":"s1","error":"write failed"}']);
  });

  it('that makes no sense is logged and not run', async () => {
    for (const job of ['', '[]', 'null', '{"Command":1}', '{"Args":[1]}', '{"Script":{}}']) {
      const { exec, written, logged } = agentWith(job);
      await exec.handle({ Payload: payload });
      expect(written.size).toBe(0);
      expect(logged).toHaveLength(1);
    }
    const { exec, written, logged } = agentWith({ Command: 'true' });
    for (const bad of [null, Buffer.from('{'), Buffer.from('[]'), Buffer.from('{"Prefix":1}')]) {
      await exec.handle({ Payload: bad });
    }
    expect(written.size).toBe(0);
    expect(logged).toHaveLength(4);
  });
});
