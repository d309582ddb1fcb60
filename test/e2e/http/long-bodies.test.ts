import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { respond } from '../../../src/agent/http/respond.ts';

const pieces = 40;
const pieceMs = 2;

/** As a long list is: each piece costs some time to make. */
function* longBody(): Generator<Uint8Array> {
  for (let i = 0; i < pieces; i++) {
    const end = performance.now() + pieceMs;
    while (performance.now() < end);
    yield Buffer.alloc(64 * 1024, 'x');
  }
}

it('a long answer to a fast reader lets others have their turns', async () => {
  let turns = 0;
  let sending = true;
  const server = http.createServer((raw, res) => {
    const count = (): void => {
      turns++;
      if (sending) setImmediate(count);
    };
    setImmediate(count);
    res.once('finish', () => {
      sending = false;
    });
    respond(raw, res, { status: 200, headers: [], body: longBody() }, []);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'accept-encoding': 'identity' } });
    expect((await answer.arrayBuffer()).byteLength).toBe(pieces * 64 * 1024);
    // 80 ms of work in slices of 4 ms.
    expect(turns).toBeGreaterThan(10);
  } finally {
    server.close();
  }
});
