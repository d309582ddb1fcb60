import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDatacenterModel } from '../../../../src/tui/models/datacenter.ts';
import { overviewOf, toleratedFailures } from '../../../../src/tui/models/overview.ts';
import { member, smallDatacenter } from '../support/fake-datacenter.ts';
import { type FakeSource, fakeSource } from '../support/fake-source.ts';
import { type ManualClock, manualClock, settle } from '../support/manual-clock.ts';

let source: FakeSource;
let clock: ManualClock;
let stop: AbortController;

beforeEach(() => {
  source = fakeSource();
  clock = manualClock();
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await settle();
  // Everything that runs ends with its signal, and leaves nothing behind.
  expect([...source.open]).toEqual([]);
});

const refused = { kind: 'unavailable', message: 'connect: connection refused' } as const;
const denied = { kind: 'denied', message: 'Permission denied' } as const;

describe('the datacenter model', () => {
  function run() {
    const model = createDatacenterModel(source, clock);
    const ended = model.run(stop.signal);
    return { model, ended };
  }

  it('knows everything after its first reads', async () => {
    const { model } = run();
    await clock.advance(100);
    const { overview, leader, agent } = model.get();
    expect(agent.link.kind).toBe('live');
    expect(leader.value).toBe('10.0.0.1:8300');
    expect(overview).toMatchObject({
      datacenter: 'dc1',
      leader: { address: '10.0.0.1:8300', node: 'consul-server01' },
      members: { alive: 4, failed: 1, left: 1 },
      services: 3,
      checks: { passing: 3, warning: 1, critical: 1 },
      raft: { state: 'Leader', term: 7, commitIndex: 104_231, appliedIndex: 104_230 },
    });
    expect(overview.servers.map(({ node }) => node)).toEqual(['consul-server01', 'consul-server02', 'consul-server03']);
  });

  it('sees changes of services at once, without asking', async () => {
    const { model } = run();
    await clock.advance(100);
    source.state.services = { consul: [] };
    source.changed();
    await clock.advance(60);
    expect(model.get().overview.services).toBe(1);
  });

  it('says since when it is reconnecting and why, keeps what it knew, and comes back by itself', async () => {
    const { model } = run();
    await clock.advance(5_000);
    source.fail(refused);
    await clock.advance(2_000);
    const sinceMs = model.get().agent.link.sinceMs;
    expect(model.get().agent.link).toMatchObject({ kind: 'reconnecting', failure: refused });
    await clock.advance(10_000);
    expect(model.get().agent.link.sinceMs).toBe(sinceMs);
    expect(model.get().overview.datacenter).toBe('dc1');
    expect(clock.nowMs() - model.get().agent.confirmedMs).toBeGreaterThan(10_000);
    source.fail(undefined);
    await clock.advance(2_100);
    expect(model.get().agent.link.kind).toBe('live');
  });

  it('forgets what it may not see any more', async () => {
    const { model } = run();
    await clock.advance(100);
    source.fail(denied);
    await clock.advance(4_000);
    expect(model.get().members).toMatchObject({ link: { kind: 'denied' }, value: undefined });
    expect(model.get().overview.members).toBeUndefined();
  });

  it('knows since when there is another leader, and that before it only saw a part', async () => {
    const { model } = run();
    await clock.advance(4_000);
    expect(model.get().leaderSince).toEqual({ ms: 0, seen: false });
    source.state.leader = '';
    source.changed();
    await clock.advance(2_000);
    expect(model.get().leader.link.kind).toBe('no-leader');
    source.state.leader = '10.0.0.2:8300';
    source.changed();
    await clock.advance(2_000);
    expect(model.get().leaderSince).toEqual({ ms: 6_000, seen: true });
    expect(model.get().events.map(({ text }) => text)).toEqual([
      'new leader consul-server02 10.0.0.2:8300',
      'leader lost (was consul-server01)',
    ]);
  });

  it('tells which members came, failed and went', async () => {
    const { model } = run();
    await clock.advance(100);
    const [first, second, ...rest] = source.state.members;
    source.state.members = [{ ...first!, Status: 4 }, ...rest.slice(0, -1), member('new', '10.0.0.99')];
    source.changed();
    await clock.advance(4_000);
    expect(
      model
        .get()
        .events.map(({ severity, text }) => `${severity} ${text}`)
        .sort(),
    ).toEqual([
      `bad member ${first!.Name} alive → failed`,
      'good member new joined',
      `info member ${second!.Name} gone`,
      'info member old gone',
    ]);
  });

  it('measures commits by the index, and survives an index that goes back', async () => {
    const { model } = run();
    const commit = (index: number) => {
      const raft = { ...source.state.self.Stats['raft'], commit_index: String(index) };
      source.state.self = { ...source.state.self, Stats: { raft } };
      source.changed();
    };
    await clock.advance(100);
    commit(104_431);
    await clock.advance(2_000);
    commit(7);
    await clock.advance(2_000);
    commit(27);
    await clock.advance(2_000);
    // Answers came at 0.1, 2.1, 4.1 seconds; samples are taken every two.
    expect(model.get().history.commitsPerSecond.map(Math.round)).toEqual([2000, 10]);
  });

  it('measures commits by one clock: what autopilot said is not the beginning of what the agent says', async () => {
    const { Stats: stats, ...self } = source.state.self;
    const commit = (index: number) => {
      source.state.self = { ...self, Stats: { raft: { ...stats['raft'], commit_index: String(index) } } };
      source.changed();
    };
    source.state.self = { ...self, Stats: {} };
    const { model } = run();
    await clock.advance(100);
    commit(104_431);
    await clock.advance(2_000);
    expect(model.get().history.commitsPerSecond).toEqual([]);
    commit(104_451);
    await clock.advance(2_000);
    expect(model.get().history.commitsPerSecond.map(Math.round)).toEqual([10]);
  });

  it('shows the servers of a client agent that may not see Raft, by their gossip tags', () => {
    const { members, leader } = smallDatacenter();
    const parts = {
      raft: undefined,
      autopilot: undefined,
      services: undefined,
      checks: undefined,
      metrics: undefined,
    };
    const { servers } = overviewOf({ ...parts, self: undefined, leader, members });
    expect(servers.map(({ node, address, leader: leads }) => [node, address, leads])).toEqual([
      ['consul-server01', '10.0.0.1:8300', true],
      ['consul-server02', '10.0.0.2:8300', false],
      ['consul-server03', '10.0.0.3:8300', false],
    ]);
    expect(toleratedFailures(servers)).toBe(1);
    expect(toleratedFailures(servers.map((server) => ({ ...server, member: 'failed' as const })))).toBe(0);
  });
});
