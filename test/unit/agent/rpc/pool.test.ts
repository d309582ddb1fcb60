import { describe, expect, it } from 'vitest';
import { noMeta } from '../../../../src/agent/rpc/codec.ts';
import { ConnectionPool } from '../../../../src/agent/rpc/pool.ts';
import { signatures } from '../../../../src/agent/rpc/signatures.ts';
import type { Dispatch } from '../../../../src/agent/rpc/stream-server.ts';
import { make } from '../../../../src/structs/make.ts';
import { manualRuntime } from '../server/manual-runtime.ts';
import { fakeServer } from './fake-server.ts';

const address = '10.0.0.1:8300';
const get = (Key: string) => make(signatures['KVS.Get'].args, { Key });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const entry = (Value: Uint8Array) => ({
  ...{ Key: 'k', Value, Flags: 0, LockIndex: 0, Session: '', CreateIndex: 1, ModifyIndex: 1 },
});
const reply = (Value: Uint8Array) => ({ reply: { Entries: [entry(Value)], ...noMeta }, meta: noMeta });

function connect(dispatch: Dispatch) {
  const { clock, ...runtime } = manualRuntime();
  const server = fakeServer(clock, dispatch);
  const pool = new ConnectionPool({ sockets: server.sockets, clock, maxStreams: 4, idleMs: 1_000 });
  return { clock, runtime, server, pool };
}

describe('the connections to a server', () => {
  it('carry more calls at once than streams may be opened without an answer', async () => {
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { server, pool } = connect(async () => {
      await opened;
      return reply(Uint8Array.of(1));
    });
    server.accept();
    const calls = Array.from({ length: 6_000 }, (_, n) => pool.call(address, 'KVS.Get', get(String(n))));
    await turn();
    open();
    for (const { Entries } of await Promise.all(calls)) expect(Entries).toHaveLength(1);
    expect(server.dials()).toBe(1);
  });

  it('carry answers of any size', async () => {
    const { server, pool } = connect(() => reply(new Uint8Array(20 << 20)));
    server.accept();
    const { Entries } = await pool.call(address, 'KVS.Get', get('large'));
    expect(Entries?.[0]?.Value?.length).toBe(20 << 20);
  });

  it('are given up while they are made, when the server is said to be gone or the agent stops', async () => {
    const { pool } = connect(() => reply(Uint8Array.of(1)));
    const doubted = pool.call(address, 'KVS.Get', get('k'));
    pool.doubt(address);
    await expect(doubted).rejects.toThrow(/failed to get conn: .*said to be gone/);
    const stopped = pool.call(address, 'KVS.Get', get('k'));
    pool.close();
    await expect(stopped).rejects.toThrow(/failed to get conn: .*shutdown/);
  });

  it('are not waited for by a caller who has given up; nor do they stay open for him', async () => {
    const { server, pool, runtime } = connect(() => reply(Uint8Array.of(1)));
    const gone = new AbortController();
    const call = pool.call(address, 'KVS.Get', get('k'), gone.signal);
    gone.abort(new Error('given up'));
    await expect(call).rejects.toThrow('given up');
    server.accept();
    await turn();
    runtime.advance(1_000);
    await turn();
    expect(runtime.pending()).toBe(0);
  });

  it('are made anew when one takes no more calls', async () => {
    const { server, pool } = connect(() => reply(Uint8Array.of(1)));
    server.accept();
    await pool.call(address, 'KVS.Get', get('k'));
    server.breakAll();
    await turn();
    await turn();
    await pool.call(address, 'KVS.Get', get('k'));
    expect(server.dials()).toBe(2);
  });
});
