import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import { packArchive, readArchive, SnapshotError, type SnapshotMeta } from '../../../src/snapshot/index.ts';
import { Spool } from '../../../src/snapshot/spool.ts';
import { readBytes, readVectors } from '../lib/msgpack/vectors.ts';

async function* stream(bytes: Uint8Array, chunkBytes = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function open(bytes: Uint8Array, chunkBytes?: number): Promise<{ meta: SnapshotMeta; state: Buffer }> {
  const archive = await readArchive(stream(bytes, chunkBytes));
  try {
    return { meta: archive.meta, state: await collect(archive.state) };
  } finally {
    await archive.dispose();
  }
}

const errorOf = (bytes: Uint8Array, chunkBytes?: number): Promise<string> =>
  open(bytes, chunkBytes).then(
    () => 'no error',
    (error: unknown) => {
      if (error instanceof SnapshotError) return error.message;
      throw error;
    },
  );

const meta = (sizeBytes: number): SnapshotMeta => ({
  id: '2-82-1795341806874',
  index: 82,
  term: 2,
  configuration: {
    servers: [
      { suffrage: 'voter', id: '11111111-2222-3333-4444-555555555501', address: '127.0.0.1:28300' },
      { suffrage: 'nonvoter', id: '11111111-2222-3333-4444-555555555502', address: '127.0.0.1:28301' },
    ],
  },
  configurationIndex: 1,
  sizeBytes,
});

const write = async (about: Omit<SnapshotMeta, 'sizeBytes'>, state: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const packed = await packArchive(about, state);
  try {
    return await collect(packed.read());
  } finally {
    await packed.dispose();
  }
};
const archiveOf = (state: Uint8Array): Promise<Buffer> => write(meta(0), stream(state));

describe('recorded archives', () => {
  it.each([
    ['plain', 82, 17504],
    ['acl', 25, 7630],
  ])('%s.snap is read with its meta data', async (name, index, size) => {
    const { meta, state } = await open(readBytes(`snapshots/${name}.snap`));
    expect(meta).toMatchObject({ index, term: 2, sizeBytes: size, configurationIndex: 1 });
    expect(meta.configuration.servers).toHaveLength(1);
    expect(state).toHaveLength(size);
  });

  type Case = { name: string; base64: string; decoded: { $error?: string; Index?: number } };
  const cases = readVectors('snapshot.json') as unknown as Case[];
  it.each(cases.map((entry) => [entry.name, entry] as const))('%s', async (_, { base64, decoded }) => {
    const bytes = Buffer.from(base64, 'base64');
    for (const chunkBytes of [1, 100, 100_000]) {
      if (decoded.$error === undefined) expect((await open(bytes, chunkBytes)).meta.index).toBe(decoded.Index);
      else expect(await errorOf(bytes, chunkBytes)).toBe(decoded.$error);
    }
  });

  it('are written again with the same members, byte for byte but for the order of the sums', async () => {
    const original = readBytes('snapshots/plain.snap');
    const { meta, state } = await open(original);
    const again = gunzipSync(await write(meta, stream(state)));
    const wanted = gunzipSync(original);
    expect(again.length).toBe(wanted.length);
    // Everything but the time stamps (and with them the checksums) of the headers, and SHA256SUMS.
    for (const [from, to] of [
      [0, 136],
      [156, 1024 + 136],
      [1024 + 156, 19456 + 136],
    ] as const) {
      expect(again.subarray(from, to).equals(wanted.subarray(from, to))).toBe(true);
    }
  });
});

describe('archives of our own', () => {
  it('come back as they were', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.integer({ min: 1, max: 700 }),
        async (state, chunkBytes) => {
          const read = await open(await archiveOf(state), chunkBytes);
          expect(read.state.equals(state)).toBe(true);
          expect(read.meta).toEqual(meta(state.length));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('spool a big state to a file and read it more than once', async () => {
    const state = Buffer.alloc(9 * 1024 * 1024, 'consul');
    const archive = await readArchive(stream(await archiveOf(state), 100_000));
    expect((await collect(archive.state)).equals(state)).toBe(true);
    expect((await collect(archive.state)).equals(state)).toBe(true);
    await archive.dispose();
  });

  it('of more than is kept in memory are one gzip stream, and may be read again', async () => {
    // Does not compress.
    const state = Buffer.concat(
      Array.from({ length: 700 }, (_, i) => createHash('sha512').update(`${i}`).digest()),
    ).toString('hex');
    const packed = await packArchive(meta(0), stream(Buffer.from(state.repeat(100)), 100_000));
    const first = await collect(packed.read());
    expect((await collect(packed.read())).equals(first)).toBe(true);
    await packed.dispose();
    expect(gunzipSync(first).length % 512).toBe(0);
    expect((await open(first, 65_536)).state.toString()).toBe(state.repeat(100));
  });

  it('fail as the state does', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(5);
      throw new Error('disk on fire');
    }
    await expect(write(meta(0), failing())).rejects.toThrow('disk on fire');
    await expect(readArchive(failing())).rejects.toThrow();
  });

  it('close their source when it is too much for the disk', async () => {
    let closed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) & 0xff));
      } finally {
        closed = true;
      }
    }
    const full = vi.spyOn(Spool.prototype, 'write').mockRejectedValue(new Error('ENOSPC'));
    await expect(write(meta(0), endless())).rejects.toThrow('ENOSPC');
    full.mockRestore();
    await new Promise(setImmediate);
    expect(closed).toBe(true);
  });

  it('of any damaged form are refused with a SnapshotError and nothing else', async () => {
    const good = await archiveOf(Buffer.from('some state that is not that long'));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: good.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom('flip', 'cut', 'append'),
        async (at, bits, how) => {
          let bytes = Buffer.from(good);
          if (how === 'flip') bytes[at]! ^= bits;
          else if (how === 'cut') bytes = bytes.subarray(0, at);
          else bytes = Buffer.concat([bytes, bytes.subarray(at)]);
          // Some bits mean nothing: of the gzip header, and where a compressed block is filled up to a byte.
          const text = await errorOf(bytes);
          if (text !== 'no error') return;
          expect(how).toBe('flip');
          if (at >= 10) expect(gunzipSync(bytes).equals(gunzipSync(good))).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
    expect(await errorOf(gzipSync('no tar'))).toBe(
      'failed to read snapshot file: failed reading snapshot: unexpected EOF',
    );
    expect(await errorOf(gzipSync(Buffer.alloc(512, 'x')))).toBe(
      'failed to read snapshot file: failed reading snapshot: archive/tar: invalid tar header',
    );
  });
});
