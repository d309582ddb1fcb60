import http from 'node:http';
import { describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { suiteHeaders } from '../security.ts';

/** Uploads on a connection of its own, as one-shot clients do. */
function put(port: number, body: Uint8Array, headers: http.OutgoingHttpHeaders = {}): Promise<[number, string]> {
  return new Promise((done, fail) => {
    const request = http.request(
      {
        host: '127.0.0.1',
        port,
        method: 'PUT',
        path: '/v1/snapshot',
        agent: false,
        headers: { ...suiteHeaders, ...headers },
      },
      (response) => {
        let text = '';
        response.on('data', (part: Buffer) => {
          text += part.toString();
        });
        response.on('error', fail);
        response.on('end', () => done([response.statusCode ?? 0, text]));
      },
    );
    request.on('error', fail);
    request.end(body);
  });
}

const gzipHeader = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0]);

describe('an upload that is no snapshot', () => {
  it('is refused with the reason, whatever its size, and harms nobody', async () => {
    await using agent = await AgentProcess.create({ dev: true });
    await agent.start();
    await agent.request('PUT', '/v1/kv/kept', 'as it was');
    const refusals = [
      [Buffer.alloc(0), 'failed to decompress snapshot: EOF'],
      [Buffer.from('junk'), 'failed to decompress snapshot: unexpected EOF'],
      [Buffer.alloc(70_000, 'A'), 'failed to decompress snapshot: gzip: invalid header'],
      [Buffer.alloc(8_000_000, 'A'), 'failed to decompress snapshot: gzip: invalid header'],
      [Buffer.concat([gzipHeader, Buffer.alloc(500_000, 0xff)]), 'failed to decompress snapshot: flate: corrupt input'],
    ] as const;
    for (const [body, why] of refusals) {
      expect(await put(agent.httpPort, body)).toEqual([500, why]);
    }
    // The connection remains in use after a refusal.
    expect(await agent.request('PUT', '/v1/snapshot', Buffer.alloc(70_000, 'B'))).toMatchObject({ status: 500 });
    expect((await agent.request('GET', '/v1/kv/kept?raw')).text).toBe('as it was');
    expect(agent.output).not.toContain('bug in tc');
  });

  it('may break off anywhere', async () => {
    await using agent = await AgentProcess.create({ dev: true });
    await agent.start();
    for (let sent = 0; sent < 20; sent++) {
      await new Promise<void>((done) => {
        const request = http.request({
          ...{ host: '127.0.0.1', port: agent.httpPort, method: 'PUT', path: '/v1/snapshot', agent: false },
          headers: { ...suiteHeaders, 'content-length': 1_000_000 },
        });
        request.on('error', () => {});
        request.on('close', done);
        request.write(Buffer.concat([gzipHeader, Buffer.alloc(sent)]), () => request.destroy());
      });
    }
    expect((await agent.request('GET', '/v1/status/leader')).status).toBe(200);
    expect(agent.output).not.toContain('bug in tc');
  });
});
