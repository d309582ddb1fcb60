import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RpcError } from '../../../../src/agent/errors.ts';
import { noMeta, RequestHeader } from '../../../../src/agent/rpc/codec.ts';
import { type MethodName, signatures } from '../../../../src/agent/rpc/signatures.ts';
import { RemoteError, StreamClient } from '../../../../src/agent/rpc/stream-client.ts';
import { type ByteStream, type Dispatch, serveStream } from '../../../../src/agent/rpc/stream-server.ts';
import { Decoder } from '../../../../src/lib/msgpack/index.ts';
import { zero } from '../../../../src/structs/make.ts';

type Listener = Parameters<ByteStream['listen']>[0];

/** A stream whose far end is the test. */
function fakeStream(): ByteStream & {
  sent: () => string;
  feed: (hex: string) => void;
  hangUp: () => void;
  ended: () => boolean;
} {
  let listener: Listener | undefined;
  let out = Buffer.alloc(0);
  let ended = false;
  return {
    write: (bytes) => {
      out = Buffer.concat([out, bytes]);
      return true;
    },
    drained: () => Promise.resolve(),
    end: () => {
      ended = true;
    },
    listen: (l) => {
      listener = l;
    },
    sent: () => out.toString('hex'),
    feed: (hex) => listener?.onData(new Uint8Array(Buffer.from(hex, 'hex'))),
    hangUp: () => listener?.onEnd(null),
    ended: () => ended,
  };
}

/** Two streams, each the far end of the other. */
function wirePair(): [ByteStream, ByteStream] {
  const listeners: (Listener | undefined)[] = [undefined, undefined];
  const make = (me: 0 | 1): ByteStream => ({
    write: (bytes) => {
      const copy = bytes.slice();
      queueMicrotask(() => listeners[1 - me]?.onData(copy));
      return true;
    },
    drained: () => Promise.resolve(),
    end: () => queueMicrotask(() => listeners[1 - me]?.onEnd(null)),
    listen: (l) => {
      listeners[me] = l;
    },
  });
  return [make(0), make(1)];
}

interface Vector {
  readonly name: string;
  readonly hex: string;
  // biome-ignore lint/suspicious/noExplicitAny: recorded data of many shapes
  readonly decoded: any;
}
const vectors = ['rpc', 'rpc-acl'].flatMap(
  (name) =>
    JSON.parse(readFileSync(join(import.meta.dirname, `../../../data/vectors/${name}.json`), 'utf8')) as Vector[],
);
const answered = vectors.filter((v) => v.decoded.response_hex !== undefined);
const pairs = answered.filter((v) => v.decoded.response.header.Error === '');
const refused = answered.filter(
  (v) => v.decoded.response.header.Error !== '' && v.decoded.request.header.ServiceMethod in signatures,
);
function recordedArgs(vector: Vector, method: MethodName): unknown {
  const decoder = new Decoder();
  decoder.push(new Uint8Array(Buffer.from(vector.hex, 'hex')));
  decoder.next(RequestHeader);
  return decoder.next<unknown>(signatures[method].args);
}
const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('streams of msgpack-rpc', () => {
  it.each(pairs.map((v) => [v.name, v] as const))('carry %s both ways', async (_, vector) => {
    // The recorded response, read by our client, given back by our server, must read the same again.
    const method = vector.decoded.request.header.ServiceMethod as MethodName;
    const replay = fakeStream();
    const client = new StreamClient(replay);
    const call = client.call(method, recordedArgs(vector, method) as never);
    const seq = vector.decoded.response.header.Seq as number;
    replay.feed(vector.decoded.response_hex.replace(seqHex(seq), seqHex(1)));
    const reply = await call;

    const [near, far] = wirePair();
    serveStream(far, (name) => {
      expect(name).toBe(method);
      return {
        reply,
        meta: {
          ...noMeta,
          ...(typeof reply === 'object' && reply !== null && !Array.isArray(reply) ? pickMeta(reply) : {}),
        },
      };
    });
    expect(await new StreamClient(near).call(method, recordedArgs(vector, method) as never)).toEqual(reply);
  });

  it.each(pairs.map((v) => [v.name, v] as const))('understand the recorded request of %s', async (_, vector) => {
    const stream = fakeStream();
    let heard: string | undefined;
    serveStream(stream, (method, args) => {
      heard = method;
      expect(args).toBeTypeOf('object');
      throw new Error('enough');
    });
    for (const byte of vector.hex.match(/../g) ?? []) stream.feed(byte);
    await settle();
    expect(heard).toBe(vector.decoded.request.header.ServiceMethod);
    expect(stream.ended()).toBe(false);
  });

  it.each(refused.map((v) => [v.name, v] as const))('bring the recorded error of %s', async (_, vector) => {
    const method = vector.decoded.request.header.ServiceMethod as MethodName;
    const replay = fakeStream();
    const call = new StreamClient(replay).call(method, zero(signatures[method].args) as never);
    const { Error: message, Seq } = vector.decoded.response.header;
    replay.feed(vector.decoded.response_hex.replace(seqHex(Seq), seqHex(1)));
    await expect(call).rejects.toMatchObject({ name: 'RemoteError', message });
  });

  it.each(['error-unknown-method', 'error-unknown-service'])('answer %s and end', async (name) => {
    const vector = vectors.find((v) => v.name === name) as Vector;
    const stream = fakeStream();
    serveStream(stream, () => ({ reply: true, meta: noMeta }));
    stream.feed(vector.hex);
    await settle();
    expect(Buffer.from(stream.sent(), 'hex').toString('latin1')).toContain(vector.decoded.response.header.Error);
    expect(stream.ended()).toBe(true);
  });

  it('end without an answer when the header is no header', () => {
    const stream = fakeStream();
    serveStream(stream, () => ({ reply: true, meta: noMeta }));
    stream.feed('a3616263');
    expect([stream.sent(), stream.ended()]).toEqual(['', true]);
  });

  it('end when more is asked ahead than anybody honest would', async () => {
    const stream = fakeStream();
    serveStream(stream, () => new Promise(() => {}));
    stream.feed((vectors.find((v) => v.name === pairs[0]?.name) as Vector).hex);
    const megabyte = '00'.repeat(1 << 20);
    for (let n = 0; n < 64; n++) stream.feed(megabyte);
    expect(stream.ended()).toBe(false);
    stream.feed('00');
    expect(stream.ended()).toBe(true);
  });

  it('end when the other side takes no answer any more', async () => {
    const stream = fakeStream();
    serveStream({ ...stream, write: () => expect.fail('too much unsent data on a stream') }, () => ({
      reply: true,
      meta: noMeta,
    }));
    stream.feed((vectors.find((v) => v.name === pairs[0]?.name) as Vector).hex);
    await settle();
    expect(stream.ended()).toBe(true);
  });

  it('tell an error and go on', async () => {
    const [near, far] = wirePair();
    let calls = 0;
    const dispatch: Dispatch = () => {
      if (++calls === 1) throw new Error('No cluster leader');
      return { reply: 'a:1', meta: noMeta };
    };
    serveStream(far, dispatch);
    const client = new StreamClient(near);
    await expect(client.call('Status.Leader', zero(signatures['Status.Leader'].args))).rejects.toThrow(RemoteError);
    expect(await client.call('Status.Leader', zero(signatures['Status.Leader'].args))).toBe('a:1');
  });

  it('tell why, where they may, in what others read over', async () => {
    const [near, far] = wirePair();
    serveStream(far, () => {
      throw new RpcError('Permission denied', 403, { reason: 'token x lacks key:read' });
    });
    const client = new StreamClient(near);
    const call = () => client.call('Status.Leader', zero(signatures['Status.Leader'].args));
    const refusal = { message: 'Permission denied', reason: 'token x lacks key:read' };
    for (let i = 0; i < 2; i++) await expect(call()).rejects.toMatchObject(refusal);
    // Without a reason the body is the empty map of every other server.
    const stream = fakeStream();
    serveStream(stream, () => {
      throw new Error('no');
    });
    stream.feed((vectors.find((v) => v.name === 'kvs-get') as Vector).hex);
    await settle();
    expect(stream.sent().endsWith('80')).toBe(true);
  });

  it('take whatever others put behind an error', async () => {
    for (const body of ['80', 'c0', '90', '93010203', '81a0c0', 'a3616263', '81a6526561736f6e07']) {
      const stream = fakeStream();
      const call = new StreamClient(stream).call('Status.Ping', {});
      // {Error: "no", Seq: 1, ServiceMethod: ""} and the body.
      stream.feed(`83a54572726f72a26e6fa353657101ad536572766963654d6574686f64a0${body}`);
      await expect(call).rejects.toMatchObject({ name: 'RemoteError', message: 'no' });
    }
  });

  it('abort what runs when the caller hangs up', async () => {
    const stream = fakeStream();
    let aborted = false;
    serveStream(stream, (_, __, signal) => new Promise(() => signal.addEventListener('abort', () => (aborted = true))));
    stream.feed((vectors.find((v) => v.name === 'kvs-get') as Vector).hex);
    await settle();
    stream.hangUp();
    expect(aborted).toBe(true);
  });

  it('survive garbage on both sides', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        const hex = Buffer.from(bytes).toString('hex');
        const server = fakeStream();
        serveStream(server, () => ({ reply: true, meta: noMeta }));
        server.feed(hex);
        const far = fakeStream();
        const client = new StreamClient(far);
        const call = client.call('Status.Ping', {}).catch((error: Error) => error.name);
        far.feed(hex);
        far.hangUp();
        await settle();
        await call;
      }),
      { numRuns: 500 },
    );
  });
});

/** How the header spells its sequence number: key, then the shortest integer. */
function seqHex(seq: number): string {
  const n = seq < 128 ? seq.toString(16).padStart(2, '0') : `cc${seq.toString(16)}`;
  return `a3536571${n}`;
}

const metaFields = ['Index', 'LastContact', 'KnownLeader', 'ConsistencyLevel', 'NotModified', 'Backend'];
const pickMeta = (reply: object): object =>
  Object.fromEntries(Object.entries(reply).filter(([k]) => metaFields.includes(k)));
