import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDatacenterModel, readOverview } from '../../../src/tui/models/datacenter.ts';
import { push } from '../../../src/tui/models/history.ts';
import { createKvModel } from '../../../src/tui/models/kv.ts';
import { linesOf } from '../../../src/tui/models/lines.ts';
import { createLogsModel, keptLines, parseLogLine } from '../../../src/tui/models/logs.ts';
import { loadFigures } from '../../../src/tui/models/metrics.ts';
import { overviewOf, toleratedFailures } from '../../../src/tui/models/overview.ts';
import { createSessionsModel, mostWatchedKeys } from '../../../src/tui/models/sessions.ts';
import { entry, type FakeSource, fakeSource, member, smallDatacenter } from './support/fake-source.ts';
import { type ManualClock, manualClock, settle } from './support/manual-clock.ts';

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
      checks: { passing: 2, warning: 1, critical: 1 },
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
    await clock.advance(2_000);
    expect(model.get().leader.link.kind).toBe('no-leader');
    source.state.leader = '10.0.0.2:8300';
    await clock.advance(2_000);
    expect(model.get().leaderSince).toEqual({ ms: 8_000, seen: true });
    expect(model.get().events.map(({ text }) => text)).toEqual(['new leader 10.0.0.2:8300', 'no leader']);
  });

  it('tells which members came, failed and went', async () => {
    const { model } = run();
    await clock.advance(100);
    const [first, second, ...rest] = source.state.members;
    source.state.members = [{ ...first!, status: 'failed' }, ...rest.slice(0, -1), member('new', '10.0.0.99')];
    await clock.advance(3_000);
    expect(
      model
        .get()
        .events.map(({ severity, text }) => `${severity} ${text}`)
        .sort(),
    ).toEqual([
      `bad member ${first!.name} alive → failed`,
      'good member new joined',
      `info member ${second!.name} gone`,
      'info member old gone',
    ]);
  });

  it('measures commits by the index, and survives an index that goes back', async () => {
    const { model } = run();
    const commit = (index: number) => {
      const raft = { ...source.state.self.stats['raft'], commit_index: String(index) };
      source.state.self = { ...source.state.self, stats: { raft } };
    };
    await clock.advance(100);
    commit(104_431);
    await clock.advance(2_000);
    commit(7);
    await clock.advance(2_000);
    commit(27);
    await clock.advance(2_000);
    expect(model.get().history.commitsPerSecond).toEqual([100, 10]);
  });

  it('shows the servers of a client agent that may not see Raft, by their gossip tags', () => {
    const { members, leader } = smallDatacenter();
    const parts = {
      raftServers: undefined,
      serverHealth: undefined,
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

describe('one reading of the overview', () => {
  it('leaves out what is refused', async () => {
    source.readChecks = async () => {
      const { SourceError } = await import('../../../src/tui/models/source.ts');
      throw new SourceError(denied);
    };
    const overview = await readOverview(source, stop.signal);
    expect(overview.checks).toBeUndefined();
    expect(overview.datacenter).toBe('dc1');
  });

  it('throws when there is no answer at all', async () => {
    source.fail(refused);
    await expect(readOverview(source, stop.signal)).rejects.toThrow('connection refused');
  });
});

describe('the figures of load', () => {
  it('come from metrics with and without the host in their names', () => {
    const sample = { labels: {}, count: 50, sum: 100, mean: 2, max: 5 };
    const figures = loadFigures({
      timestamp: '',
      gauges: [{ name: 'consul.host-1.runtime.alloc_bytes', value: 1024 }],
      counters: [
        { ...sample, name: 'consul.rpc.request' },
        { ...sample, name: 'consul.other.rpc.requests' },
      ],
      samples: [
        { ...sample, name: 'consul.api.http' },
        { ...sample, name: 'consul.api.http' },
        { ...sample, name: 'consul.raft.commitTime' },
      ],
    });
    expect(figures).toEqual({ httpPerSecond: 10, rpcPerSecond: 5, commitMeanMs: 2, allocatedBytes: 1024 });
  });

  it('are kept for a while only', () => {
    let history: readonly number[] = [];
    for (let value = 0; value < 1_000; value++) history = push(history, value);
    expect(history).toHaveLength(600);
    expect(history.at(-1)).toBe(999);
  });
});

describe('the KV model', () => {
  function run() {
    const model = createKvModel(source, clock);
    void model.run(stop.signal);
    return model;
  }
  const names = (model: ReturnType<typeof run>) => model.get().rows.map(({ depth, name }) => '  '.repeat(depth) + name);

  it('reads only what is opened', async () => {
    const model = run();
    await clock.advance(10);
    expect(names(model)).toEqual(['app/', 'blob', 'región/']);
    expect([...source.open]).toEqual(['folder #1']);
    model.open('app/');
    expect(names(model)).toEqual(['app/', '  reading …', 'blob', 'región/']);
    await clock.advance(10);
    expect(names(model)).toEqual(['app/', '  config/', '  leader', '  worker/', 'blob', 'región/']);
  });

  it('sees keys come and go in open folders', async () => {
    const model = run();
    model.open('app/');
    await clock.advance(100);
    source.state.entries.set('app/new', entry('app/new', '1'));
    source.state.entries.delete('app/leader');
    source.changed();
    await clock.advance(100);
    expect(names(model)).toEqual(['app/', '  config/', '  new', '  worker/', 'blob', 'región/']);
  });

  it('asks for a value only when the cursor rests, and follows it', async () => {
    const model = run();
    for (const key of ['blob', 'app/leader', 'app/config/motd']) {
      model.select(key);
      await clock.advance(20);
    }
    await clock.advance(100);
    expect([...source.open].filter((name) => name.startsWith('key'))).toEqual(['key app/config/motd#2']);
    expect(model.get().entry.value?.flags).toBe('42');
    source.state.entries.delete('app/config/motd');
    source.changed();
    await clock.advance(100);
    expect(model.get().entry).toMatchObject({ link: { kind: 'live' }, value: undefined });
  });

  it('stops its watches while it is not shown, and takes them up again', async () => {
    const model = createKvModel(source, clock);
    const first = new AbortController();
    void model.run(first.signal);
    model.open('app/');
    await clock.advance(100);
    expect(source.open.size).toBe(2);
    first.abort();
    await clock.advance(100);
    expect(source.open.size).toBe(0);
    void model.run(stop.signal);
    await clock.advance(100);
    expect(source.open.size).toBe(2);
  });

  it('closes what lies in a closed folder too, and the oldest when too many are open', async () => {
    for (let index = 10; index < 60; index++) source.state.entries.set(`d${index}/k`, entry(`d${index}/k`, ''));
    const model = run();
    model.open('app/');
    model.open('app/config/');
    await clock.advance(10);
    model.close('app/');
    expect(model.isOpen('app/config/')).toBe(false);
    for (let index = 10; index < 60; index++) model.open(`d${index}/`);
    await clock.advance(100);
    expect(model.isOpen('d10/')).toBe(false);
    expect(model.isOpen('d59/')).toBe(true);
    expect(source.open.size).toBe(32);
  });

  it('says why there is nothing to see', async () => {
    source.fail(denied);
    const model = run();
    await clock.advance(100);
    expect(names(model)).toEqual(['permission denied']);
  });

  it('takes in 100,000 keys and keeps them apart from a keystroke', async () => {
    source.state.entries = new Map(
      Array.from({ length: 100_000 }, (_, index) => `flat/${String(index).padStart(6, '0')}`).map((key) => [
        key,
        entry(key, ''),
      ]),
    );
    const model = run();
    model.open('flat/');
    await clock.advance(100);
    expect(model.get().rows).toHaveLength(100_001);
    const { rows } = model.get();
    model.select('flat/000001');
    expect(model.get().rows).toBe(rows);
  });
});

describe('the sessions model', () => {
  it('knows who holds what, live', async () => {
    const model = createSessionsModel(source, clock);
    void model.run(stop.signal);
    await clock.advance(100);
    expect(model.get().search.kind).toBe('live');
    expect(model.get().rows.map(({ session, locks }) => [session.name, locks.map(({ key }) => key)])).toEqual([
      ['leader-election', ['app/leader']],
      ['', []],
    ]);
    source.state.entries.set('app/leader', entry('app/leader', ''));
    source.changed();
    await clock.advance(100);
    expect(model.get().rows[0]?.locks).toEqual([]);
  });

  it('looks through very many keys only when it is told to', async () => {
    for (let index = 0; index <= mostWatchedKeys; index++)
      source.state.entries.set(`k${index}`, entry(`k${index}`, ''));
    const model = createSessionsModel(source, clock);
    void model.run(stop.signal);
    await clock.advance(100);
    expect(model.get().search.kind).toBe('too-many');
    expect([...source.open]).toEqual(['sessions#1']);
    model.scan();
    await clock.advance(100);
    expect(model.get().search).toMatchObject({ kind: 'scanned', keys: source.state.entries.size });
    expect(model.get().rows[0]?.locks).toHaveLength(1);
  });
});

describe('the log model', () => {
  const line = (text: string) => `2026-11-22T12:00:01.000Z [INFO]  agent: ${text}`;

  it('gathers lines and publishes them together', async () => {
    const model = createLogsModel(source, clock);
    let published = 0;
    void model.run(stop.signal);
    await clock.advance(600);
    model.subscribe(() => published++);
    for (let index = 0; index < 100; index++) source.log(line(`n${index}`));
    await clock.advance(200);
    expect(model.get().lines).toHaveLength(100);
    expect(published).toBe(1);
  });

  it('loses nothing in a pause', async () => {
    const model = createLogsModel(source, clock);
    void model.run(stop.signal);
    source.log(line('before'));
    await clock.advance(600);
    model.togglePause();
    source.log(line('during'));
    await clock.advance(600);
    expect(model.get()).toMatchObject({ paused: true, waiting: 1, lines: [{ message: 'before' }] });
    model.togglePause();
    expect(model.get().lines.map(({ message }) => message)).toEqual(['before', 'during']);
  });

  it('keeps only the last lines', async () => {
    const model = createLogsModel(source, clock);
    void model.run(stop.signal);
    for (let index = 0; index < keptLines + 10; index++) source.log(line(`n${index}`));
    await clock.advance(600);
    expect(model.get().lines).toHaveLength(keptLines);
    expect(model.get().lines.at(-1)?.message).toBe(`n${keptLines + 9}`);
  });

  it('opens another stream for another level', async () => {
    const model = createLogsModel(source, clock);
    void model.run(stop.signal);
    await clock.advance(600);
    model.changeLevel(1);
    await clock.advance(600);
    model.changeLevel(-1);
    model.changeLevel(-1);
    await clock.advance(600);
    expect(source.levels).toEqual(['info', 'debug', 'warn']);
    expect(model.get().level).toBe('warn');
  });

  it('reconnects, slower and slower, and says why', async () => {
    const model = createLogsModel(source, clock);
    source.fail(refused);
    void model.run(stop.signal);
    await clock.advance(10_000);
    expect(model.get().link).toMatchObject({ kind: 'reconnecting', failure: refused });
    expect(source.levels.length).toBeLessThan(8);
    source.fail(undefined);
    await clock.advance(6_000);
    expect(model.get().link.kind).toBe('live');
  });

  it('reads the parts of a line, and takes other lines as they are', () => {
    expect(
      parseLogLine(1, '2026-11-22T12:00:01.250+0100 [WARN]  agent.server.raft: not part of stable configuration'),
    ).toMatchObject({
      level: 'WARN',
      time: '12:00:01.250',
      name: 'agent.server.raft',
      message: 'not part of stable configuration',
    });
    expect(parseLogLine(2, '    stack line')).toMatchObject({ level: '', message: '    stack line' });
  });

  it('makes lines of pieces that end anywhere, even inside a character', async () => {
    const bytes = new TextEncoder().encode('eins\nzwöi\nohne Ende');
    async function* pieces() {
      for (const byte of bytes) yield Uint8Array.of(byte);
    }
    const lines: string[] = [];
    for await (const each of linesOf(pieces())) lines.push(each);
    expect(lines).toEqual(['eins', 'zwöi', 'ohne Ende']);
  });
});
