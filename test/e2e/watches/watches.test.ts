/** Watches of an agent's configuration, with handlers that are real programs and real servers. */
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { until } from '../cluster/node.ts';
import { ownTokenArgs } from '../security.ts';

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((one) => rm(one, { recursive: true, force: true }))));

/** An agent whose configuration is a file in its data directory. */
async function agentWith(config: (directory: string) => object) {
  const directory = await mkdtemp(join(tmpdir(), 'tc-watches-'));
  const path = join(directory, 'watches.json');
  const write = (value: object): void => writeFileSync(path, JSON.stringify(value));
  write(config(directory));
  directories.push(directory);
  const configured = await AgentProcess.create({ dev: true, args: ['-config-file', path, ...ownTokenArgs] });
  return { agent: configured, directory, write };
}

const contents = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

describe('watches in the configuration', () => {
  it('run a program for what there is and for every change, with the data and its index', async () => {
    const { agent, directory } = await agentWith((at) => ({
      watches: [
        { type: 'key', key: 'app/config', args: [join(at, 'handler'), join(at, 'key')] },
        { type: 'service', service: 'web', passingonly: true, handler: `cat >> ${join(at, 'service')}; exit 3` },
      ],
    }));
    await using running = agent;
    const handler = join(directory, 'handler');
    writeFileSync(handler, '#!/bin/sh\necho "$CONSUL_INDEX $(cat)" >> "$1"\necho said something\n');
    chmodSync(handler, 0o755);
    await running.start();
    await until('the first run', async () => contents(join(directory, 'key')).includes('null'));
    for (const value of ['one', 'two']) {
      await running.request('PUT', '/v1/kv/app/config', value);
      const encoded = Buffer.from(value).toString('base64');
      await until(`the run for ${value}`, async () =>
        contents(join(directory, 'key')).includes(`"Value":"${encoded}"`),
      );
    }
    const lines = contents(join(directory, 'key')).trim().split('\n');
    expect(lines).toHaveLength(3);
    const index = Number(lines[2]!.split(' ')[0]);
    expect(JSON.parse(lines[2]!.slice(lines[2]!.indexOf('{')))).toMatchObject({
      Key: 'app/config',
      ModifyIndex: index,
    });
    await running.request('PUT', '/v1/agent/service/register', JSON.stringify({ Name: 'web', Port: 80 }));
    await until('the service', async () => contents(join(directory, 'service')).includes('"Service":"web"'));
    await until('a failed handler is told of', async () => running.output.includes('Failed to run watch handler'));
    expect(running.output).toContain('exit status 3');
  });

  it('post to a server, and begin anew with the configuration', async () => {
    const seen: { method: string; headers: IncomingHttpHeaders; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        seen.push({ method: request.method ?? '', headers: request.headers, body });
        response.end('thanks');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const path = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const watch = (key: string) => ({
      type: 'keyprefix',
      prefix: key,
      handler_type: 'http',
      http_handler_config: { path, method: 'PUT', header: { 'X-Extra': ['yes'] } },
    });
    const { agent, write } = await agentWith(() => ({ watches: [watch('a/')] }));
    await using running = agent;
    await running.start();
    await running.request('PUT', '/v1/kv/a/x', '1');
    await until('it is told', async () => seen.some(({ body }) => body.includes('"Key":"a/x"')));
    expect(seen.at(-1)).toMatchObject({
      method: 'PUT',
      headers: { 'x-extra': 'yes', 'content-type': 'application/json' },
    });
    expect(Number(seen.at(-1)!.headers['x-consul-index'])).toBeGreaterThan(0);

    write({ watches: [{ type: 'zap' }] });
    const refused = await running.request('PUT', '/v1/agent/reload');
    expect([refused.status, refused.text]).toEqual([500, expect.stringContaining('Unsupported watch type: zap')]);
    write({ watches: [watch('b/')] });
    expect((await running.request('PUT', '/v1/agent/reload')).status).toBe(200);
    await running.request('PUT', '/v1/kv/b/x', '1');
    await until('the new watch tells', async () => seen.some(({ body }) => body.includes('"Key":"b/x"')));
    const before = seen.length;
    await running.request('PUT', '/v1/kv/a/y', '1');
    await running.request('PUT', '/v1/kv/b/y', '1');
    await until('the new watch tells again', async () => seen.some(({ body }) => body.includes('"Key":"b/y"')));
    expect(seen.slice(before).filter(({ body }) => body.includes('"Key":"a/y"'))).toEqual([]);
    server.closeAllConnections();
    server.close();
  });

  it('that are wrong let no agent start', async () => {
    const { agent } = await agentWith(() => ({ watches: [{ type: 'key', args: ['x'] }] }));
    await using running = agent;
    running.launch();
    expect(await running.exited()).toBe(1);
    expect(running.output).toContain('Must specify a single key to watch');
  });
});
