import { describe, expect, it } from 'vitest';
import nodes from '../../../src/commands/catalog/nodes.ts';
import services from '../../../src/commands/catalog/services.ts';
import info from '../../../src/commands/info.ts';
import join from '../../../src/commands/join.ts';
import leave from '../../../src/commands/leave.ts';
import members from '../../../src/commands/members.ts';
import monitor from '../../../src/commands/monitor.ts';
import listPeers from '../../../src/commands/operator/raft/list-peers.ts';
import removePeer from '../../../src/commands/operator/raft/remove-peer.ts';
import reload from '../../../src/commands/reload.ts';
import { fakeConsul } from '../client/fake-consul.ts';
import { run } from './run-on-fake.ts';

const answering = (line: string, body: unknown, status = 200) => {
  const consul = fakeConsul();
  consul.fixed.set(line, { status, body: typeof body === 'string' ? body : JSON.stringify(body) });
  return { ...consul, given: { transport: consul.transport } };
};

const member = (Name: string, role: string, Status: number, more: Record<string, string> = {}) => ({
  Name,
  Addr: role === 'consul' ? '127.0.0.1' : '2001:db8::1',
  Port: 8301,
  Status,
  Tags: { role, dc: 'dc1', build: '1.10.7:abc', vsn: '2', ...more },
});

describe('members', () => {
  const consul = () =>
    answering('GET /v1/agent/members', [
      member('b', 'node', 4),
      member('z', 'consul', 1, { segment: '' }),
      member('a', 'node', 1),
      { ...member('odd', 'other', 1) },
    ]);

  it('prints servers first, then by name, in columns', async () => {
    const { given, requests } = consul();
    expect((await run(members, [], given)).out).toBe(
      [
        'Node  Address             Status  Type     Build   Protocol  DC   Segment',
        'z     127.0.0.1:8301      alive   server   1.10.7  2         dc1  <all>',
        'a     [2001:db8::1]:8301  alive   client   1.10.7  2         dc1  <default>',
        'b     [2001:db8::1]:8301  failed  client   1.10.7  2         dc1  <default>',
        'odd   [2001:db8::1]:8301  alive   unknown\n',
      ].join('\n'),
    );
    expect(requests).toEqual(['GET /v1/agent/members?segment=_all']);
  });

  it('filters by status and exits with 2 when nothing is left', async () => {
    const { given } = consul();
    expect((await run(members, ['-status=failed'], given)).out.split('\n')).toHaveLength(3);
    expect(await run(members, ['-status=^left$'], given)).toEqual({ exit: 2, out: '', err: '' });
    expect((await run(members, ['-status=('], given)).err).toMatch(/^Failed to compile status regexp: /);
  });

  it('prints tags sorted with -detailed, and JSON', async () => {
    const { given } = consul();
    const { out } = await run(members, ['-detailed', '-status=failed'], given);
    expect(out).toContain('build=1.10.7:abc,dc=dc1,role=node,segment=<default>,vsn=2\n');
    const all = JSON.parse((await run(members, ['-format=json'], given)).out);
    expect(all.map(({ Name, StatusText }: { Name: string; StatusText: string }) => [Name, StatusText])[0]).toEqual([
      'z',
      'alive',
    ]);
  });
});

describe('commands that ask the agent for one thing', () => {
  it('info prints sections and keys sorted', async () => {
    const { given } = answering('GET /v1/agent/self', {
      Stats: { raft: { term: '2', state: 'Leader' }, agent: { a: '1' } },
    });
    expect((await run(info, [], given)).out).toBe('agent:\n\ta = 1\nraft:\n\tstate = Leader\n\tterm = 2\n');
    expect(JSON.parse((await run(info, ['-format=json'], given)).out)).toMatchObject({ agent: { a: '1' } });
  });

  it('leave and reload tell what was done, or why not', async () => {
    const left = answering('PUT /v1/agent/leave', '');
    expect(await run(leave, [], left.given)).toEqual({ exit: 0, out: 'Graceful leave complete\n', err: '' });
    const refused = answering('PUT /v1/agent/reload', 'Permission denied', 403);
    expect(await run(reload, ['ignored'], refused.given)).toEqual({
      exit: 1,
      out: '',
      err: 'Error reloading: Unexpected response code: 403 (Permission denied)\n',
    });
  });

  it('leave refuses arguments: its usage goes to stdout', async () => {
    const { given, requests } = answering('PUT /v1/agent/leave', '');
    const { exit, out, err } = await run(leave, ['extra', 'words'], given);
    expect({ exit, err }).toEqual({ exit: 1, err: 'Error found unexpected args: [extra words]\n' });
    expect(out).toMatch(/^Usage: tc leave \[options\]\n/);
    expect(requests).toEqual([]);
  });

  it('monitor prints the stream as it is', async () => {
    const { given, requests } = answering('GET /v1/agent/monitor', 'one\ntwo');
    expect((await run(monitor, ['-log-level=debug', '-log-json'], given)).out).toBe('one\ntwo');
    expect(requests).toEqual(['GET /v1/agent/monitor?logjson=true&loglevel=debug']);
  });

  it('join tries every address and fails only when all do', async () => {
    const { given, fixed } = answering('PUT /v1/agent/join/a', '');
    fixed.set('PUT /v1/agent/join/b', { status: 500, body: 'no' });
    expect(await run(join, ['a', 'b'], given)).toEqual({
      exit: 0,
      out: 'Successfully joined cluster by contacting 1 nodes.\n',
      err: "Error joining address 'b': Unexpected response code: 500 (no)\n",
    });
    expect((await run(join, ['b'], given)).err).toMatch(/\nFailed to join any nodes\.\n$/);
    expect((await run(join, [], given)).err).toMatch(/^At least one address to join must be specified\.\n\nUsage: /);
  });
});

describe('catalog', () => {
  const node = { ID: 'b0000000-1', Node: 'n1', Address: '10.0.0.1', Datacenter: 'dc1', TaggedAddresses: null };

  it('nodes shortens ids, or prints everything', async () => {
    const { given, requests } = answering('GET /v1/catalog/nodes', [{ ...node, Meta: { b: '2', a: '1' } }]);
    expect((await run(nodes, ['-node-meta=a=1', '-node-meta=b=2'], given)).out).toBe(
      'Node  ID        Address   DC\nn1    b0000000  10.0.0.1  dc1\n',
    );
    expect(requests).toEqual(['GET /v1/catalog/nodes?node-meta=a%3A1&node-meta=b%3A2']);
    expect((await run(nodes, ['-detailed'], given)).out).toContain('a=1, b=2\n');
  });

  it('says on stderr, with success, that nothing matches', async () => {
    const empty = answering('GET /v1/catalog/nodes', []);
    expect(await run(nodes, [], empty.given)).toEqual({
      exit: 0,
      out: '',
      err: 'No nodes match the given query - try expanding your search.\n',
    });
    expect((await run(nodes, ['extra'], empty.given)).err).toBe('Too many arguments (expected 0, got 1)\n');
  });

  it("services of a node are told once, with every instance's tags", async () => {
    const web = { Service: 'web', Tags: ['v2'] };
    const body = { Node: node, Services: { 'web-1': web, 'web-2': { Service: 'web', Tags: ['v1', 'v2'] } } };
    const { given } = answering('GET /v1/catalog/node/n1', body);
    expect((await run(services, ['-node=n1', '-tags'], given)).out).toBe('web  v1,v2\n');
    const none = answering('GET /v1/catalog/node/n2', 'null');
    expect((await run(services, ['-node=n2'], none.given)).err).toMatch(/^No services match/);
  });
});

describe('operator raft', () => {
  it('lists peers', async () => {
    const server = { ID: 'id', Node: 'a', Address: '127.0.0.1:8300', Leader: true, Voter: true, ProtocolVersion: '3' };
    const { given } = answering('GET /v1/operator/raft/configuration', { Servers: [server], Index: 1 });
    expect((await run(listPeers, [], given)).out).toBe(
      'Node  ID  Address         State   Voter  RaftProtocol\na     id  127.0.0.1:8300  leader  true   3\n',
    );
  });

  it('removes one peer, by id or by address', async () => {
    const { given, requests } = answering('DELETE /v1/operator/raft/peer', '');
    expect((await run(removePeer, ['-id=x'], given)).out).toBe('Removed peer with id "x"\n');
    expect(requests).toEqual(['DELETE /v1/operator/raft/peer?id=x']);
    expect((await run(removePeer, [], given)).err).toBe(
      'Error removing peer: an address or id is required for the peer to remove\n',
    );
    expect((await run(removePeer, ['-id=x', '-address=y'], given)).err).toBe(
      'Error removing peer: cannot give both an address and id\n',
    );
  });
});
