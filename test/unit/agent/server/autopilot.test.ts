import { describe, expect, it } from 'vitest';
import type { Member } from '../../../../src/agent/gossip/member.ts';
import type { ServerContext } from '../../../../src/agent/server/context.ts';
import { Autopilot } from '../../../../src/agent/server/leader/autopilot.ts';
import { setAutopilot } from '../../../../src/agent/state/operator.ts';
import { Store } from '../../../../src/agent/state/store.ts';
import { make } from '../../../../src/structs/make.ts';
import { AutopilotConfig } from '../../../../src/structs/operator.ts';
import { silentLogger, silentMetrics } from '../../../silent.ts';
import { manualRuntime } from './manual-runtime.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const memberOf = (id: string): Member => ({
  name: id,
  address: '10.0.0.1',
  port: 8301,
  status: 'alive',
  tags: { role: 'consul', dc: 'dc1', id, port: '8300', vsn: '2', build: '1.10.7', raft_vsn: '3' },
  protocol: { min: 1, max: 5, current: 2 },
  delegate: { min: 2, max: 5, current: 4 },
});

/** A leader with one follower; the test answers for him. */
function leader() {
  const runtime = manualRuntime();
  const store = new Store(() => 0);
  store.write(1, (tx) => setAutopilot(tx, make(AutopilotConfig, { MaxTrailingLogs: 250, LastContactThreshold: 2e8 })));
  const configuration = {
    servers: ['me', 'other'].map((id) => ({ id, address: `${id}:8300`, suffrage: 'voter' as const })),
  };
  const answers: ((stats: object) => void)[] = [];
  const ask = () =>
    new Promise((resolve) => answers.push((reply) => resolve({ reply: { LastTerm: 1, LastIndex: 1, ...reply } })));
  const autopilot = new Autopilot(
    {
      runtime,
      store,
      nodeId: 'me',
      config: { datacenter: 'dc1' },
      members: () => ['me', 'other'].map(memberOf),
      raft: {
        leadership: { leader: { id: 'me' }, isLeader: true },
        stats: () => ({ configuration, lastLogTerm: 1, lastLogIndex: 1 }),
      },
      logger: silentLogger,
      metrics: silentMetrics,
    } as unknown as ServerContext,
    { ask } as never,
  );
  return { autopilot, answers, runtime };
}

describe('autopilot', () => {
  it('looks after the servers once every two seconds, however often leadership came back', async () => {
    const { autopilot, answers, runtime } = leader();
    for (let term = 0; term < 5; term++) {
      autopilot.start();
      runtime.advance(2_000);
      autopilot.stop();
    }
    autopilot.start();
    for (const answer of answers.splice(0)) answer({ LastContact: '10ms' });
    await turn();
    for (let n = 0; n < 3; n++) {
      runtime.advance(2_000);
      expect(answers).toHaveLength(1);
      for (const answer of answers.splice(0)) answer({ LastContact: '10ms' });
      await turn();
    }
    autopilot.stop();
    expect(runtime.pending()).toBe(0);
  });

  it('goes on when a server says what cannot be read', async () => {
    const { autopilot, answers, runtime } = leader();
    autopilot.start();
    answers.shift()?.({ LastContact: 'long ago' });
    await turn();
    runtime.advance(2_000);
    answers.shift()?.({ LastContact: '10ms' });
    await turn();
    expect(autopilot.servers().every(({ healthy }) => healthy)).toBe(true);
    autopilot.stop();
  });
});
