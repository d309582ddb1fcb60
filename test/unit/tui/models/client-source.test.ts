import { describe, expect, it } from 'vitest';
import { createClient } from '../../../../src/client/index.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../../../src/client/transport.ts';
import { memberAddress, memberStatus } from '../../../../src/tui/models/member.ts';
import { clientSource } from '../../../../src/tui/source/client-source.ts';
import * as queries from '../../../../src/tui/source/queries.ts';
import type { Watch, WatchEvent } from '../../../../src/tui/source/source.ts';

interface Reply {
  readonly status?: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers by path; what was asked for is kept. */
function sourceOf(replies: Readonly<Record<string, Reply>>) {
  const asked: string[] = [];
  const respond = ({ target }: HttpRequest) => {
    asked.push(target);
    const reply = replies[target.split('?')[0]!] ?? { status: 404, body: '' };
    const header = (name: string) => reply.headers?.[name];
    return { status: reply.status ?? 200, header, body: reply.body };
  };
  const transport: Transport = {
    send: async (request): Promise<HttpResponse> => {
      const { body, ...head } = respond(request);
      return { ...head, body: Buffer.from(body) };
    },
    stream: async (request) => {
      const { body, ...head } = respond(request);
      async function* pieces() {
        yield Buffer.from(body);
        throw new Error('The server aborted pending request');
      }
      return { ...head, body: pieces() };
    },
    close: () => {},
  };
  return { asked, source: clientSource(createClient({ address: '127.0.0.1:8500' }, transport)) };
}

const { signal } = new AbortController();
const indexed = { 'x-consul-index': '42', 'x-consul-knownleader': 'true' };

async function first<T>(watch: Watch<T>): Promise<WatchEvent<T>> {
  for await (const event of watch) return event;
  throw new Error('the watch ended');
}

describe('a source over the client', () => {
  it('reads members with their status in words and addresses as one puts them into a URL', async () => {
    const { source } = sourceOf({
      '/v1/agent/members': {
        body: '[{"Name":"n1","Addr":"::1","Port":8301,"Tags":{"role":"consul","vsn":"2"},"Status":4}]',
      },
    });
    const [member] = await source.read(queries.members, signal);
    expect([memberAddress(member!), memberStatus(member!)]).toEqual(['[::1]:8301', 'failed']);
  });

  it('takes a health report that says "unhealthy" by its status for an answer', async () => {
    const server = { ID: 'a', Healthy: false, LastIndex: 9, LastTerm: 2, LastContact: '5ms', StableSince: '' };
    const body = JSON.stringify({ Healthy: false, Servers: [server] });
    const { source } = sourceOf({ '/v1/operator/autopilot/health': { status: 429, body } });
    expect((await source.read(queries.autopilotHealth, signal)).Servers).toMatchObject([{ ID: 'a', Healthy: false }]);
  });

  it('keeps keys to the letter, and values and flags exact', async () => {
    const pair =
      '[{"Key":"/a","Value":"AP8=","Flags":18446744073709551615,"LockIndex":1,"CreateIndex":2,"ModifyIndex":3}]';
    const { source, asked } = sourceOf({ '/v1/kv//a': { body: pair, headers: indexed } });
    const event = await first(source.follow(queries.kvKey('/a'), signal));
    expect(asked).toEqual(['/v1/kv//a']);
    expect(event).toMatchObject({
      kind: 'value',
      index: 42,
      value: { key: '/a', value: Buffer.from([0, 255]), flags: '18446744073709551615', session: '' },
    });
  });

  it('lists a folder without the key that has its name', async () => {
    const { source, asked } = sourceOf({ '/v1/kv/app/': { body: '["app/","app/a","app/b/"]', headers: indexed } });
    const event = await first(source.follow(queries.kvFolder('app/'), signal));
    expect(event).toMatchObject({ kind: 'value', value: ['app/a', 'app/b/'] });
    expect(asked[0]).toMatch(/[?&]keys/);
    expect(asked[0]).toMatch(/separator=(%2F|\/)/);
  });

  it.each([
    [403, 'Permission denied', 'denied'],
    [404, '', 'missing'],
    [405, 'method GET not allowed', 'missing'],
    [500, 'No cluster leader', 'refused'],
  ])('makes %i a failure of its kind', async (status, body, kind) => {
    const { source } = sourceOf({ '/v1/catalog/services': { status, body }, '/v1/agent/self': { status, body } });
    await expect(source.read(queries.agentSelf, signal)).rejects.toMatchObject({ failure: { kind } });
    expect(await first(source.follow(queries.services, signal))).toMatchObject({ kind: 'failed', failure: { kind } });
  });

  it('tells an unknown token from a missing right', async () => {
    const { source } = sourceOf({
      '/v1/agent/self': { status: 403, body: 'ACL not found' },
      '/v1/catalog/services': { status: 403, body: 'Permission denied' },
    });
    const unknown = { kind: 'denied', message: 'the servers do not know this token' };
    await expect(source.read(queries.agentSelf, signal)).rejects.toMatchObject({ failure: unknown });
    const lacking = { kind: 'denied', message: expect.stringMatching(/^needs /) };
    expect(await first(source.follow(queries.services, signal))).toMatchObject({ failure: lacking });
  });

  it('survives an answer that is none of an agent', async () => {
    const garbage = { body: '<html>Bad gateway</html>', headers: indexed };
    const { source } = sourceOf({ '/v1/session/list': garbage, '/v1/agent/self': { body: 'oops' } });
    const failure = { kind: 'refused', message: expect.stringContaining('unexpected answer') };
    await expect(source.read(queries.agentSelf, signal)).rejects.toMatchObject({ failure });
    expect(await first(source.follow(queries.sessions, signal))).toMatchObject({ kind: 'failed', failure });
  });

  it('hands on log lines, and tells when the stream broke', async () => {
    const { source } = sourceOf({ '/v1/agent/monitor': { body: 'one\ntwo\n' } });
    const lines: string[] = [];
    const reading = async () => {
      for await (const line of source.monitor('debug', signal)) lines.push(line);
    };
    await expect(reading()).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
    expect(lines).toEqual(['one', 'two']);
  });
});
