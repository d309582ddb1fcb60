import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { YamuxSession } from '../../../../src/agent/rpc/yamux/session.ts';
import type { YamuxStream } from '../../../../src/agent/rpc/yamux/stream.ts';
import type { Clock, Timer } from '../../../../src/lib/runtime.ts';

/** Time that moves only by `advance`. */
class FakeClock implements Clock {
  #now = 0;
  #timers = new Set<{ at: number; fn: () => void }>();
  wallMs(): number {
    return this.#now;
  }
  nowMs(): number {
    return this.#now;
  }
  after(delayMs: number, fn: () => void): Timer {
    const timer = { at: this.#now + delayMs, fn };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.fn();
    }
    this.#now = end;
  }
  get pending(): number {
    return this.#timers.size;
  }
}

function makeSession(
  side: 'client' | 'server',
  onStream: (s: YamuxStream) => void = () => {},
  clock = new FakeClock(),
) {
  const sent: Uint8Array[] = [];
  const closed: (Error | null)[] = [];
  const session = new YamuxSession({
    side,
    clock,
    onStream,
    wire: { write: (bytes) => sent.push(bytes.slice()), close: (error) => closed.push(error) },
  });
  const takeHex = (): string => Buffer.concat(sent.splice(0)).toString('hex');
  return { session, sent, closed, clock, takeHex };
}

interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly decoded: { $error?: string } | { from: 'client' | 'server'; hex: string }[];
}
const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../data/vectors/yamux.json'), 'utf8'),
) as Vector[];
const vector = (name: string): Vector => vectors.find((v) => v.name === name) as Vector;
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

describe('yamux session', () => {
  it('answers the recorded conversation frame by frame', () => {
    const frames = vector('open-echo-close-ping-goaway').decoded as { from: string; hex: string }[];
    const server = makeSession('server', (stream) =>
      stream.listen({ onData: (chunk) => void stream.write(chunk.slice()), onEnd: () => stream.end() }),
    );
    let expected = '';
    for (const frame of frames) {
      if (frame.from === 'server') expected += frame.hex;
      else server.session.receive(bytesOf(frame.hex));
    }
    const answered = server.takeHex();
    // What the server said of its own accord (its own ping, its go away) is not an answer.
    for (const part of ['000100020000000100000000', '00000000000000010000000568656c6c6f']) {
      expect(expected).toContain(part);
      expect(answered).toContain(part);
    }
  });

  it.each(['bad-version', 'bad-type', 'goaway-protocol-error', 'goaway-unknown-code'])('ends on %s', (name) => {
    const peer = makeSession('server');
    peer.session.receive(bytesOf(vector(name).hex));
    expect(peer.closed[0]?.message).toBe((vector(name).decoded as { $error: string }).$error);
    expect(peer.clock.pending).toBe(0);
  });

  it('ends on a second SYN for a live stream', () => {
    const peer = makeSession('server');
    peer.session.receive(bytesOf(vector('duplicate-syn').hex));
    expect(peer.closed).toHaveLength(1);
  });

  it('discards data of unknown streams and goes on', () => {
    const peer = makeSession('server');
    peer.session.receive(bytesOf(vector('data-for-unknown-stream').hex));
    expect(peer.takeHex()).toBe('0002000200000000000000ff');
  });

  it('resets streams opened after its go away, and opens none after the peer said so', () => {
    const peer = makeSession('server');
    peer.session.goAway();
    peer.session.receive(bytesOf('000100010000000700000000'));
    expect(peer.takeHex()).toBe('000300000000000000000000000100080000000700000000');
    const other = makeSession('client');
    other.session.receive(bytesOf('000300000000000000000000'));
    expect(() => other.session.open()).toThrow('remote end is not accepting connections');
  });

  it('never sends beyond the window and grants credit in lumps of half of it', () => {
    const client = makeSession('client');
    const stream = client.session.open();
    client.takeHex();
    expect(stream.write(new Uint8Array(400 * 1024))).toBe(false);
    const total = (): number => client.sent.reduce((sum, bytes) => sum + bytes.length, 0);
    expect(total()).toBe(12 + 256 * 1024);
    client.session.receive(bytesOf('000100000000000100020000'));
    expect(total()).toBe(24 + 384 * 1024);
  });

  it('ends when the peer overruns its window', () => {
    const server = makeSession('server');
    server.session.receive(bytesOf('000100010000000100000000'));
    server.session.receive(bytesOf('000000000000000100040001'));
    server.session.receive(new Uint8Array(256 * 1024 + 1));
    expect(server.closed[0]?.message).toBe('receive window exceeded');
  });

  it('closes when a ping stays unanswered', () => {
    const client = makeSession('client');
    client.clock.advance(30_000);
    client.clock.advance(10_000);
    expect(client.closed[0]?.message).toBe('keepalive timeout');
    expect(client.clock.pending).toBe(0);
  });

  it('closes sooner when there is doubt about the peer, and else goes on as usual', () => {
    const pong = (id: number): Uint8Array => Uint8Array.of(0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, id);
    const { session, closed, clock } = makeSession('client');
    clock.advance(15_000);
    session.doubt();
    session.receive(pong(1));
    clock.advance(29_000);
    expect(clock.pending).toBe(1);
    clock.advance(1_000);
    session.receive(pong(2));
    session.doubt();
    clock.advance(2_000);
    session.doubt();
    clock.advance(999);
    expect(session.closed).toBe(false);
    clock.advance(1);
    expect(closed.map((error) => error?.message)).toEqual(['keepalive timeout']);
    session.doubt();
    expect(clock.pending).toBe(0);
  });

  it('carries any bytes in any cut between two sessions', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 10 }),
        fc.integer({ min: 1, max: 700 }),
        (parts, cut) => {
          const received: Uint8Array[] = [];
          let ended = false;
          const server = makeSession('server', (stream) =>
            stream.listen({
              onData: (chunk) => void received.push(chunk.slice()),
              onEnd: () => {
                ended = true;
                stream.end();
              },
            }),
          );
          const client = makeSession('client');
          const stream = client.session.open();
          stream.listen({ onData: () => {}, onEnd: () => {} });
          for (const part of parts) stream.write(part);
          stream.end();
          for (let round = 0; round < 3; round++) {
            const out = Buffer.concat(client.sent.splice(0));
            for (let at = 0; at < out.length; at += cut)
              server.session.receive(new Uint8Array(out.subarray(at, at + cut)));
            client.session.receive(new Uint8Array(Buffer.concat(server.sent.splice(0))));
          }
          expect(Buffer.concat(received).equals(Buffer.concat(parts))).toBe(true);
          expect(ended).toBe(true);
          expect(client.session.streamCount + server.session.streamCount).toBe(0);
        },
      ),
    );
  });

  it('survives garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const peer = makeSession('server', (stream) => stream.listen({ onData: () => {}, onEnd: () => {} }));
        peer.session.receive(bytes);
        peer.session.close();
        expect(peer.clock.pending).toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('acknowledgements', () => {
  const ack = (id: number): Uint8Array => Uint8Array.of(0, 1, 0, 2, 0, 0, 0, id, 0, 0, 0, 0);

  it('that do not come within 75 seconds end the session', () => {
    const clock = new FakeClock();
    const { session, closed } = makeSession('client', () => {}, clock);
    session.open();
    // The peer lives: it answers pings, but it has lost the stream.
    for (let ping = 1; ping <= 2; ping++) {
      clock.advance(30_000);
      session.receive(Uint8Array.of(0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, ping));
    }
    expect(session.closed).toBe(false);
    clock.advance(14_999);
    expect(session.closed).toBe(false);
    clock.advance(1);
    expect(closed.map((error) => error?.message)).toEqual(['stream open was not acknowledged']);
    expect(clock.pending).toBe(0);
  });

  it('are waited for from the oldest stream that lacks one', () => {
    const clock = new FakeClock();
    const { session } = makeSession('client', () => {}, clock);
    session.open();
    session.receive(ack(1));
    for (let ping = 1; ping <= 3; ping++) {
      clock.advance(30_000);
      session.receive(Uint8Array.of(0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, ping));
    }
    expect(session.closed).toBe(false);
  });

  it('are owed for no more than 256 streams at a time', () => {
    const { session } = makeSession('client');
    for (let n = 0; n < 256; n++) session.open();
    expect(() => session.open()).toThrow('too many streams wait to be acknowledged');
    session.receive(ack(1));
    expect(session.open().id).toBe(513);
  });

  it('make room for the next in turn, and the end of the session for all', async () => {
    const { session } = makeSession('client');
    for (let n = 0; n < 256; n++) session.open();
    const opened: string[] = [];
    const open = async (name: string): Promise<void> => {
      try {
        await session.openInTurn();
        opened.push(name);
      } catch (error) {
        opened.push(`${name}: ${(error as Error).message}`);
      }
    };
    const all = ['a', 'b', 'c'].map(open);
    session.receive(ack(1));
    await all[0];
    expect(opened).toEqual(['a']);
    session.close();
    await Promise.all(all);
    expect(opened).toEqual(['a', 'b: session shutdown', 'c: session shutdown']);
  });
});

describe('what a stream keeps for a reader without credit', () => {
  it('is one payload of any size, and no more behind it', () => {
    const stream = makeSession('client').session.open();
    expect(stream.write(new Uint8Array(20 << 20))).toBe(false);
    expect(() => stream.write(Uint8Array.of(1))).toThrow('too much unsent data on a stream');
  });
});
