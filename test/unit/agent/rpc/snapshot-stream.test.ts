import type net from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { saveFrom } from '../../../../src/agent/rpc/snapshot-stream.ts';
import { encode } from '../../../../src/lib/msgpack/index.ts';
import { nodeSockets } from '../../../../src/lib/sockets.ts';
import { SnapshotResponse } from '../../../../src/structs/internal.ts';
import { make } from '../../../../src/structs/make.ts';

/** A server that takes connections; the test says what comes, and when it has been silent for as long as is bearable. */
function silentServer() {
  let silence: (() => void) | null = null;
  const socket = Object.assign(
    new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        done();
      },
    }),
    {
      setTimeout(ms: number, onTimeout?: () => void) {
        silence = ms > 0 ? (onTimeout ?? null) : null;
      },
    },
  );
  setImmediate(() => socket.emit('connect'));
  const saved = saveFrom(
    { ...nodeSockets, connect: () => socket as unknown as net.Socket },
    '10.0.0.1:8300',
    { Datacenter: 'dc1', Token: '', AllowStale: false },
    new AbortController().signal,
  );
  return { socket, saved, bearsSilence: () => silence === null, fallSilent: () => silence?.() };
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a snapshot asked of another server', () => {
  it('is not waited for without end when nothing comes', async () => {
    const { saved, fallSilent } = silentServer();
    await turn();
    await turn();
    fallSilent();
    await expect(saved).rejects.toThrow('i/o timeout');
  });

  it('takes its time once it has begun', async () => {
    const { socket, saved, bearsSilence } = silentServer();
    await turn();
    await turn();
    socket.push(encode(SnapshotResponse, make(SnapshotResponse, { Index: 7 })));
    const { meta, archive } = await saved;
    expect([meta.Index, bearsSilence()]).toEqual([7, true]);
    socket.push(Buffer.from('archive'));
    socket.push(null);
    let text = '';
    for await (const chunk of archive) text += Buffer.from(chunk).toString();
    expect(text).toBe('archive');
  });
});
