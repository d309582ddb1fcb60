import { describe, expect, it } from 'vitest';
import type { Member } from '../../../../src/agent/gossip/member.ts';
import { Forwarder } from '../../../../src/agent/rpc/forwarder.ts';
import { ConnectionPool } from '../../../../src/agent/rpc/pool.ts';
import { ConnectionError, RemoteError } from '../../../../src/agent/rpc/stream-client.ts';
import { nodeRuntime } from '../../../../src/lib/runtime-node.ts';
import { nodeSockets } from '../../../../src/lib/sockets.ts';

const range = { min: 1, max: 5, current: 2 };
const server = (name: string, dc: string, status: Member['status'] = 'alive', more: object = {}): Member => ({
  name: `${name}.${dc}`,
  address: '127.0.0.1',
  port: 8302,
  tags: { role: 'consul', dc, id: name, port: '8300', vsn: '2', build: '1.10.7:', raft_vsn: '3', ...more },
  status,
  protocol: range,
  delegate: range,
});

function make(wan: readonly Member[], rtts: Readonly<Record<string, number>> = {}) {
  const pool = new ConnectionPool({ sockets: nodeSockets, clock: nodeRuntime.clock, maxStreams: 1, idleMs: 1 });
  return new Forwarder({
    pool,
    random: nodeRuntime.random,
    datacenter: 'here',
    lan: () => [],
    wan: () => wan,
    rttSeconds: ({ name }) => rtts[name] ?? Number.POSITIVE_INFINITY,
  });
}

describe('datacenters', () => {
  it('come with this one first, then by the median distance of their servers, the unknown by name', () => {
    const wan = [
      server('a', 'zulu'),
      server('b', 'yankee'),
      server('f1', 'far'),
      server('f2', 'far'),
      server('f3', 'far'),
      server('n', 'near'),
      server('h', 'here'),
    ];
    const rtts = { f1: 0.001, f2: 0.2, f3: 0.3, n: 0.05 };
    expect(make(wan, rtts).datacenters()).toEqual(['here', 'near', 'far', 'yankee', 'zulu']);
    expect(make([]).datacenters()).toEqual(['here']);
  });

  it('that nobody knows, or where nobody lives, are told apart', async () => {
    const forwarder = make([server('d', 'dead', 'failed')]);
    await expect(forwarder.toDatacenter('nope', 'Status.Ping', {})).rejects.toThrow('No path to datacenter');
    await expect(forwarder.toDatacenter('dead', 'Status.Ping', {})).rejects.toThrow(
      'Remote DC has no server currently reachable',
    );
  });

  it('that name another as the primary are not asked as one, for that one might ask back', async () => {
    const forwarder = make([
      server('a', 'one'),
      server('b', 'two', 'alive', { pdc: 'here' }),
      server('c', 'three', 'failed'),
    ]);
    const why =
      'primary_datacenter is "two", whose own primary_datacenter is "here": it has to be the same in all datacenters';
    await expect(forwarder.toPrimary('two', 'Status.Ping', {})).rejects.toThrow(why);
    await expect(forwarder.toPrimary('three', 'Status.Ping', {})).rejects.toThrow('Remote DC has no server');
    await expect(forwarder.toPrimary('four', 'Status.Ping', {})).rejects.toThrow('No path to datacenter');
  });
});

describe('a datacenter without a leader', () => {
  it('is asked twice, for one server alone may have been cut off, and not until all have waited in vain', async () => {
    let count = 0;
    const forwarder = new Forwarder({
      pool: {
        call: () => {
          count++;
          return Promise.reject(new RemoteError('No cluster leader'));
        },
      },
      random: nodeRuntime.random,
      datacenter: 'here',
      lan: () => [],
      wan: () => ['a', 'b', 'c', 'd', 'e'].map((name) => server(name, 'there')),
      rttSeconds: () => 0,
    });
    const call = forwarder.toDatacenter('there', 'KVS.Get', {});
    await expect(call).rejects.toThrow('rpc error making call: No cluster leader');
    expect(count).toBe(2);
  });
});

describe('a call whose answer was lost', () => {
  const tries = async (method: 'KVS.Get' | 'KVS.Apply' | 'Internal.EventFire', text: string): Promise<number> => {
    let count = 0;
    const forwarder = new Forwarder({
      pool: {
        call: () => {
          count++;
          return Promise.reject(new ConnectionError(text));
        },
      },
      random: nodeRuntime.random,
      datacenter: 'here',
      lan: () => [],
      wan: () => [server('a', 'there'), server('b', 'there')],
      rttSeconds: () => 0,
    });
    await forwarder.toDatacenter('there', method, {}).catch(() => {});
    return count;
  };

  it('is made again where nothing can happen twice, or nobody was reached', async () => {
    expect(await tries('KVS.Get', 'EOF')).toBe(2);
    expect(await tries('KVS.Apply', 'EOF')).toBe(1);
    expect(await tries('Internal.EventFire', 'EOF')).toBe(1);
    expect(await tries('Internal.EventFire', 'rpc error getting client: failed to get conn: i/o timeout')).toBe(2);
  });
});
