/** Debian's python3-consul, used as its documentation says: the program below is what one would write with it. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { demand } from './programs.ts';

const program = `
import consul, json, sys, threading, time
from consul.base import CB
c = consul.Consul(host='127.0.0.1', port=int(sys.argv[1]))
out = {}
def until(ask):
    # The agent tells the servers on its own time.
    for _ in range(200):
        if ask(): return
        time.sleep(0.02)
out['put'] = c.kv.put('foo', 'bar')
index, data = c.kv.get('foo')
out['value'] = data['Value'].decode()
out['cas'] = [c.kv.put('foo', 'x', cas=data['ModifyIndex']), c.kv.put('foo', 'y', cas=data['ModifyIndex'])]
out['binary'] = c.kv.put('bin', bytes(range(256))) and c.kv.get('bin')[1]['Value'] == bytes(range(256))
index, data = c.kv.get('foo')
threading.Timer(0.3, lambda: consul.Consul(host='127.0.0.1', port=int(sys.argv[1])).kv.put('foo', 'changed')).start()
out['waited'] = c.kv.get('foo', index=index, wait='10s')[1]['Value'].decode()
out['keys'] = c.kv.get('', keys=True)[1]
out['missing'] = c.kv.get('nope')[1]
out['deleted'] = c.kv.delete('foo')

s = c.session.create('mine', ttl=15, behavior='delete')
out['lock'] = [c.kv.put('lock', 'a', acquire=s), c.kv.get('lock')[1]['Session'] == s]
out['renewed'] = c.session.renew(s)['ID'] == s
c.session.destroy(s)
out['gone'] = c.kv.get('lock')[1]

c.agent.service.register('web', service_id='web1', address='10.1.1.1', port=80, tags=['a'], check=consul.Check.ttl('1h'))
out['failing'] = len(c.health.service('web', passing=True)[1])
# This version asks with GET, which no Consul since 1.0 takes.
out['too old'] = [c.agent.check.ttl_pass('service:web1', 'fine'), c.agent.service.deregister('web1')]
c.http.put(CB.bool(), '/v1/agent/check/pass/service:web1', params={'note': 'fine'})
until(lambda: len(c.health.service('web', passing=True)[1]) == 1)
index, nodes = c.health.service('web', passing=True)
out['found'] = [(n['Service']['ID'], n['Service']['Address'], n['Service']['Port']) for n in nodes]
out['checks'] = [k['Output'] for k in c.health.checks('web')[1]]
out['services'] = sorted(c.agent.services().keys())
out['catalog'] = sorted(c.catalog.services()[1].keys())
out['tagged'] = [n['ServiceID'] for n in c.catalog.service('web', tag='a')[1]]
c.http.put(CB.bool(), '/v1/agent/service/deregister/web1')
until(lambda: c.health.service('web')[1] == [])
out['after'] = c.health.service('web')[1]
out['leader'] = c.status.leader()
out['self'] = c.agent.self()['Member']['Name']
out['event'] = c.event.fire('deploy', 'x')['Name']
out['coordinates'] = type(c.coordinate.nodes()[1]).__name__
print(json.dumps(out))
`;

import { ownTokenArgs } from '../security.ts';

/** It sends its token along with some of its requests only: the agent asks by its own for the others. */
describe('python3-consul', () => {
  it('finds everything where it expects it', async (test) => {
    demand(test, 'python');
    await using agent = await AgentProcess.create({ dev: true, args: ownTokenArgs });
    await agent.start();
    const run = spawnSync('/usr/bin/python3', ['-c', program, String(agent.httpPort)], {
      encoding: 'utf8',
      timeout: 25_000,
    });
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toEqual({
      put: true,
      value: 'bar',
      cas: [true, false],
      binary: true,
      waited: 'changed',
      keys: ['bin', 'foo'],
      missing: null,
      deleted: true,
      lock: [true, true],
      renewed: true,
      gone: null,
      failing: 0,
      'too old': [false, false],
      found: [['web1', '10.1.1.1', 80]],
      checks: ['fine'],
      services: ['web1'],
      catalog: ['consul', 'web'],
      tagged: ['web1'],
      after: [],
      leader: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      self: 'e2e',
      event: 'deploy',
      coordinates: 'list',
    });
  });
});
