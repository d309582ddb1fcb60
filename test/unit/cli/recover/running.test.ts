import { describe, expect, it } from 'vitest';
import { askCluster, askServers } from '../../../../src/cli/recover/running.ts';
import { consulHttp } from '../../../../src/client/http.ts';
import { resolveSettings } from '../../../../src/client/settings.ts';
import recover from '../../../../src/commands/operator/recover.ts';
import { fakeConsul } from '../../client/fake-consul.ts';
import { run } from '../run-on-fake.ts';

const servers = ['a', 'b', 'c'].map((id, i) => ({
  ...{ ID: id, Node: id.toUpperCase(), Address: `10.0.0.${i + 1}:8300`, Leader: false, Voter: true },
  ...{ ProtocolVersion: '3' },
}));

/** What a server, or with '' a client agent, answers. */
function agent(id: string, raft: Record<string, string> = {}) {
  const fake = fakeConsul();
  const answer = (path: string, body: unknown) =>
    fake.fixed.set(`GET /v1/${path}`, { status: 200, body: JSON.stringify(body) });
  answer('agent/self', {
    Config: { NodeID: id, NodeName: id.toUpperCase(), Server: id !== '' },
    DebugConfig: { DataDir: '/var/lib/tc' },
    Stats:
      id === '' ? {} : { raft: { state: 'Follower', term: '4', last_log_index: '70', last_log_term: '3', ...raft } },
  });
  answer('operator/raft/configuration', { Servers: servers, Index: 0 });
  answer('agent/members', [{ Name: 'C', Tags: { id: 'c' }, Status: 4 }]);
  return fake;
}

function network(agents: Readonly<Record<string, ReturnType<typeof agent>>>) {
  const connected: string[] = [];
  const connect = (address: string) => {
    connected.push(address);
    const found = agents[address];
    if (found === undefined) throw new Error('connection refused');
    return consulHttp(resolveSettings({}), found.transport);
  };
  return { connect, connected };
}

describe('servers that run', () => {
  it('are found from one of them, at its port and by its scheme', async () => {
    const one = agent('a');
    const { connect, connected } = network({ 'https://x:8501': one, 'https://10.0.0.2:8501': agent('b') });
    const found = await askCluster(connect, 'https://x:8501');
    expect(connected).toEqual(['https://x:8501', 'https://10.0.0.2:8501', 'https://10.0.0.3:8501']);
    expect(found.running.map(({ nodeId }) => nodeId)).toEqual(['a', 'b']);
    expect(found.silent).toEqual([{ address: 'https://10.0.0.3:8501', why: 'connection refused' }]);
    expect(found.gossip.get('c')).toBe('failed');
    expect(one.requests).toContain('GET /v1/operator/raft/configuration?stale=');
  });

  it('are found from a client agent', async () => {
    const { connect } = network({ '127.0.0.1:8500': agent(''), '10.0.0.2:8500': agent('b') });
    const found = await askCluster(connect, '127.0.0.1:8500');
    expect(found.running.map(({ nodeId }) => nodeId)).toEqual(['b']);
    expect(found.members).toHaveLength(3);
  });

  it('count once, and tell how far they are, be it in the snapshot', async () => {
    const snapshot = { last_log_index: '0', last_log_term: '0', last_snapshot_index: '64', last_snapshot_term: '2' };
    const { connect } = network({ one: agent('a', snapshot), again: agent('a') });
    const { running } = await askServers(connect, ['one', 'again']);
    expect(running).toMatchObject([{ nodeId: 'a', asked: 'one', lastIndex: 64, lastTerm: 2, dataDir: '/var/lib/tc' }]);
  });
});

describe('operator recover', () => {
  it('asks the agent of the environment, and ends with 2 where nobody leads', async () => {
    const { transport } = agent('a');
    const { exit, out } = await run(recover, ['-format=json'], { transport });
    expect(exit).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ Verdict: 'lost', Voters: 3, Needed: 2, Living: 1 });
  });

  it('says who does not answer', async () => {
    const fake = fakeConsul();
    fake.fixed.set('GET /v1/agent/self', { status: 500, body: 'No cluster leader' });
    const { exit, err } = await run(recover, ['-server=s1'], fake);
    expect(exit).toBe(1);
    expect(err).toContain('No server answers:\n  s1: Unexpected response code: 500 (No cluster leader)\n');
  });

  it('writes nothing beside servers that run', async () => {
    const { exit, err } = await run(recover, ['-yes', '-server=s1', '/srv/a'], agent('a'));
    expect(exit).toBe(1);
    expect(err).toContain('-yes writes into directories of stopped servers');
  });
});
