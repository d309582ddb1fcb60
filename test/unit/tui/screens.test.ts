import { afterEach, describe, it } from 'vitest';
import { metricsAt } from './support/fake-datacenter.ts';
import { openScreen, type Screen, type ScreenOptions } from './support/screen.ts';

const sizes = [
  [80, 24],
  [120, 40],
  [250, 70],
] as const;

let screen: Screen | undefined;

async function open(options: ScreenOptions = {}): Promise<Screen> {
  screen = await openScreen(options);
  return screen;
}

afterEach(async () => {
  await screen?.quit();
  screen = undefined;
});

/** Half a minute of load, with something happening. */
async function live(opened: Screen): Promise<void> {
  const { state } = opened.source;
  for (let step = 1; step <= 40; step++) {
    state.metrics = metricsAt(step);
    const index = 104_231 + step * step * 3;
    const raft = {
      ...state.self.Stats['raft'],
      last_log_index: String(index),
      commit_index: String(index),
      applied_index: String(index),
    };
    state.self = { ...state.self, Stats: { raft } };
    if (step === 30) state.leader = '10.0.0.2:8300';
    if (step === 31) state.leader = '10.0.0.1:8300';
    opened.source.changed();
    await opened.clock.advance(2000);
  }
  await opened.pass(0);
}

describe.each(sizes)('the screens at %ix%i', { timeout: 30_000 }, (columns, rows) => {
  const golden = (opened: Screen, name: string) => opened.expectGolden(`${name}-${columns}x${rows}`);

  it('show the pulse', async () => {
    const opened = await open({ columns, rows });
    await live(opened);
    golden(opened, 'pulse');
  });

  it('show the members, the failed one first, and a node', async () => {
    const opened = await open({ columns, rows });
    await opened.press('2', 'j');
    golden(opened, 'members');
    await opened.press('j', 'j', 'enter');
    await opened.pass(200);
    golden(opened, 'node');
  });

  it('show the services, the instances of one, their checks, and the output of a check', async () => {
    const opened = await open({ columns, rows });
    await opened.press('3');
    golden(opened, 'services');
    await opened.press('enter');
    await opened.pass(200);
    golden(opened, 'service');
    await opened.press('right');
    golden(opened, 'watchers');
    await opened.press('left', 'enter');
    await opened.pass(200);
    golden(opened, 'instance');
    await opened.press('enter');
    golden(opened, 'output');
  });

  it('show the KV tree with a JSON value', async () => {
    const opened = await open({ columns, rows });
    await opened.press('4', 'enter', 'j', 'enter', 'j');
    await opened.pass(200);
    golden(opened, 'kv');
  });

  it('show sessions and what they hold', async () => {
    const opened = await open({ columns, rows });
    await opened.press('5');
    await opened.pass(200);
    golden(opened, 'sessions');
  });

  it('show the log', async () => {
    const opened = await open({ columns, rows, view: 'logs' });
    for (const line of logLines) opened.source.log(line);
    await opened.pass(700);
    golden(opened, 'logs');
  });

  it.each(['raft', 'metrics', 'map', 'checks', 'wan', 'intentions', 'events', 'queries', 'config', 'acl'])(
    'show %s',
    async (view) => {
      const opened = await open({ columns, rows, view });
      if (view === 'metrics') await live(opened);
      await opened.pass(200);
      if (view === 'map') await opened.press('j', 'j');
      golden(opened, view);
    },
  );

  it('show the help', async () => {
    const opened = await open({ columns, rows });
    await opened.press('?');
    golden(opened, 'help');
  });

  it('show a menu and its confirmation over the page', async () => {
    const opened = await open({ columns, rows, view: 'members' });
    await opened.press('x');
    golden(opened, 'menu');
    await opened.press('enter');
    golden(opened, 'confirm');
  });
});

const logLines = [
  '2026-11-22T12:00:01.000Z [INFO]  agent.server: cluster leadership acquired',
  '2026-11-22T12:00:01.250Z [INFO]  agent.server: New leader elected: payload=consul-server01',
  '2026-11-22T12:00:02.000Z [WARN]  agent: Check is now warning: check=service:web',
  '2026-11-22T12:00:02.500Z [ERROR] agent.server.memberlist.lan: memberlist: Failed fallback TCP ping: read tcp 10.0.0.1:44556->10.0.0.12:8301: i/o timeout while waiting for a very long time indeed',
  'a line of another kind \x1b[31mwith colours\x1b[0m',
];
