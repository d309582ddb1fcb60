/** Debian's patroni with an agent as its store: the part of it that elects the leader of a PostgreSQL cluster, with two members in one program. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { demand } from './programs.ts';

const program = `
import json, os, sys
from patroni.dcs.consul import Consul
def member(name):
    return Consul({'name': name, 'scope': 'pg', 'namespace': '/service', 'ttl': 30, 'retry_timeout': 10, 'loop_wait': 5,
                   'host': '127.0.0.1:' + sys.argv[1], 'token': os.environ.get('CONSUL_HTTP_TOKEN'), 'register_service': True})
a, b = member('a'), member('b')
out = {}
out['initialized'] = [a.initialize(create_new=True, sysid='1'), b.initialize(create_new=True, sysid='2')]
for one, role, ip in ((a, 'master', '10.0.0.1'), (b, 'replica', '10.0.0.2')):
    one.touch_member({'state': 'running', 'role': role, 'conn_url': 'postgres://%s:5432/x' % ip, 'api_url': 'http://%s:8008/patroni' % ip})
out['race'] = [a.attempt_to_acquire_leader(), b.attempt_to_acquire_leader()]
a.get_cluster()
cluster = b.get_cluster()
out['cluster'] = [cluster.leader.name, sorted(m.name for m in cluster.members), cluster.initialize]
out['updated'] = a.update_leader(12345)
out['config'] = [a.set_config_value('{"ttl": 30}'), b.get_cluster().config.data]
out['failover'] = [b.manual_failover('a', 'b'), a.get_cluster().failover.candidate]
out['stepped down'] = [a.delete_leader(), b.get_cluster().leader]
out['next'] = [b.attempt_to_acquire_leader(), a.get_cluster().leader.name]
out['deleted'] = a.delete_cluster()
print(json.dumps(out))
`;

describe('patroni', () => {
  it('elects one leader, and another when that steps down', async (test) => {
    demand(test, 'patroni');
    await using agent = await AgentProcess.create({ dev: true });
    await agent.start();
    const run = spawnSync('/usr/bin/python3', ['-c', program, String(agent.httpPort)], {
      encoding: 'utf8',
      timeout: 25_000,
    });
    expect(JSON.parse(run.stdout || JSON.stringify(run.stderr))).toEqual({
      initialized: [true, false],
      race: [true, false],
      cluster: ['a', ['a', 'b'], '1'],
      updated: true,
      config: [true, { ttl: 30 }],
      failover: [true, 'b'],
      'stepped down': [true, null],
      next: [true, 'b'],
      deleted: true,
    });
    const services = await agent.request('GET', '/v1/catalog/service/pg');
    const found = (JSON.parse(services.text) as { ServiceAddress: string; ServiceTags: string[] }[]).map((one) => [
      one.ServiceAddress,
      one.ServiceTags[0],
    ]);
    expect(found.sort()).toEqual([
      ['10.0.0.1', 'master'],
      ['10.0.0.2', 'replica'],
    ]);
  });
});
