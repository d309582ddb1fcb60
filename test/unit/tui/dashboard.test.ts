import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { keyTable } from '../../../src/tui/keys.ts';
import type { Query } from '../../../src/tui/source/source.ts';
import { entry, smallDatacenter } from './support/fake-datacenter.ts';
import { type FakeSource, fakeSource } from './support/fake-source.ts';
import { openScreen, type Screen, type ScreenOptions } from './support/screen.ts';
import { cellStyle } from './support/virtual-terminal.ts';

let screen: Screen | undefined;

async function open(options: ScreenOptions = {}): Promise<Screen> {
  screen = await openScreen(options);
  return screen;
}

afterEach(async () => {
  await screen?.quit();
  screen = undefined;
});

const refused = { kind: 'unavailable', message: 'dial tcp 127.0.0.1:8500: connect: connection refused' } as const;

describe('the dashboard', () => {
  it('changes views by number and by tab', async () => {
    const { press, expectScreen, expectNot } = await open();
    expectScreen('Right now', 'Leader');
    await press('2');
    expectScreen('consul-client01', 'Build');
    await press('tab', 'tab');
    expectScreen('KV', /app\//);
    await press('shift-tab', 'shift-tab', 'shift-tab');
    expectScreen('Right now');
    await press('0');
    expectScreen('Right now');
    expectNot('Build');
  });

  it('begins at the edge, whatever was typed before it came', async () => {
    const { text } = await open({ echoed: '4^[[C^[[B' });
    expect(text()).toMatch(/^ tc /);
    expect(text().split('\n')).toHaveLength(24);
  });

  it('never calls well what the token cannot see', async () => {
    const well = { ...smallDatacenter(), instances: {} };
    const passing = well.checks.filter(({ Status }) => Status === 'passing');
    const alive = well.members.filter(({ Status }) => Status === 1);

    const blind = fakeSource({ ...well, members: [], services: {}, checks: [] });
    const { expectScreen, expectNot, quit } = await open({ source: blind });
    expectScreen('This token sees nothing', 'CONSUL_HTTP_TOKEN', /none to see .* none to see/);
    expectNot('All is well');
    await quit();

    const some = fakeSource({ ...well, members: alive, checks: passing, services: { web: [] } });
    const partly = await open({ source: some });
    partly.expectScreen('Nothing wrong in what this token sees', 'all or some: services.');
  });

  it('filters rows while one types, and esc drops the filter', async () => {
    const { press, type, expectScreen, expectNot } = await open();
    await press('2', '/');
    await type('client');
    expectScreen('consul-client01', /\/client/);
    expectNot('consul-server01 ');
    await press('enter');
    expectScreen(' 1/3 ');
    await press('esc');
    expectScreen(' 1/6 ');
    await press('/');
    await type('!consul');
    expectScreen('web-北京-01');
    expectNot('consul-client01');
  });

  it('takes letters that are commands elsewhere as text of the filter', async () => {
    const { press, type, expectScreen } = await open();
    await press('2', '/');
    await type('q1?');
    expectScreen(/\/q1\?/, 'no member passes the filter');
  });

  it('opens and closes folders, and goes into values and back', async () => {
    const { press, pass, expectScreen, expectNot } = await open();
    await press('4', 'l');
    expectScreen('▾ app/ 3', /▸ config\//);
    await press('j', 'l', 'j', 'j');
    await pass(200);
    expectScreen('Bienvenue', '欢迎');
    await press('v', 'v', 'v');
    expectScreen('00000000  57 65 6c');
    await press('enter', 'esc', 'h', 'h');
    expectScreen(/▸ config\//);
    expectNot('motd');
  });

  it('follows a value that changes', async () => {
    const { press, pass, source, expectScreen } = await open();
    await press('4', 'j');
    await pass(200);
    source.state.entries.set('blob', entry('blob', 'now it is text'));
    source.changed();
    await pass(200);
    expectScreen('now it is text');
    source.state.entries.delete('blob');
    source.changed();
    await pass(200);
    expectScreen(/▸ región/);
  });

  it('generates the help from the key table', async () => {
    const { press, expectScreen, expectNot } = await open({ columns: 180, rows: 60 });
    await press('?');
    const hidden: readonly string[] = ['menu', 'text'];
    for (const { help, scope } of keyTable) if (!hidden.includes(scope)) expectScreen(help.slice(0, 30));
    await press('?');
    expectNot('Draw the screen anew');
  });

  it('never shows an empty screen: before the first answer it says that it connects', async () => {
    const source = fakeSource();
    const { expectScreen } = await open({
      source: {
        ...source,
        async *follow(_query: Query<unknown>, signal: AbortSignal) {
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        },
      } as FakeSource,
    });
    expectScreen('connecting', 'Right now', 'asking the agent', 'measuring');
  });

  it('says that the agent is gone, since when and why, and that what it shows is old; then that it is back', async () => {
    const { pass, source, expectScreen, expectNot } = await open();
    await pass(2_000);
    source.fail(refused);
    await pass(14_000);
    expectScreen(/reconnecting 1\ds/, /No answer for 1\ds · what is shown is 1\ds old · dial tcp/);
    expectScreen('consul-server02');
    source.fail(undefined);
    await pass(2_000);
    expectScreen('● live');
    expectNot('No answer');
  });

  it('says that the token may not see it', async () => {
    const { press, pass, source, expectScreen, expectNot } = await open();
    source.fail({ kind: 'denied', message: "token lacks permission 'key:read'" });
    await pass(4_000);
    expectScreen('⊘ permission denied');
    await press('4');
    await pass(200);
    expectScreen('permission denied');
    expectNot('app/');
  });

  it('says that there is no leader', async () => {
    const { pass, source, expectScreen } = await open();
    source.state.leader = '';
    source.changed();
    await pass(2_000);
    expectScreen('▲ no leader', '✖ none', 'No leader: nothing can be written');
  });

  it('shows hostile names as text', async () => {
    const state = smallDatacenter();
    const hostile = 'x\x1b[2J\x1b[Hy\u202ez\r\n👩‍👩‍👧';
    state.entries.set(hostile, entry(hostile, 'v'));
    const { press, expectScreen } = await open({ source: fakeSource(state) });
    await press('4');
    expectScreen('x␛[2J␛[Hy·z␍␊👩', '▸ app/');
  });

  it('keeps wide characters inside their columns', async () => {
    const { press, terminal } = await open();
    await press('2');
    const [line] = terminal.lines().filter((each) => each.includes('web-北京-01'));
    expect(line).toMatch(/│$/);
  });

  it('tells states apart without colours', async () => {
    const { terminal, press } = await open({ depth: 'none' });
    await press('2');
    const { active } = terminal.xterm.buffer;
    const styles = new Set<string>();
    for (let row = 0; row < 24; row++) {
      for (let column = 0; column < 80; column++) styles.add(cellStyle(active.getLine(row)!.getCell(column)!));
    }
    expect([...styles].sort()).toEqual(['', 'b', 'bi', 'd', 'i']);
    expect(terminal.lines().join('\n')).toMatch(/✖ failed[\s\S]*● alive[\s\S]*○ left/);
  });

  it('shows the logs, follows them, and stands still when one looks at a line', async () => {
    const { press, pass, source, expectScreen, expectNot } = await open();
    await press('8');
    const log = (text: string) => source.log(`2026-11-22T12:00:01.000Z [INFO]  agent: ${text}`);
    for (let index = 0; index < 50; index++) log(`line ${index}.`);
    await pass(700);
    expectScreen('line 49.');
    expectNot('line 20.');
    await press('pgup', 'pgup');
    for (let index = 50; index < 60; index++) log(`line ${index}.`);
    await pass(700);
    expectScreen('line 20.');
    expectNot('line 59.');
    await press('end', 'p');
    log('late');
    await pass(700);
    expectScreen('‖ paused 1 waiting');
    await press('+');
    expectScreen('debug and above');
  });
});

describe('the terminal', () => {
  it('is as it was after q', async () => {
    const { press, ended, terminal } = await openScreen();
    expect(terminal.modes()).toEqual({ alternate: true, cursorHidden: true, raw: true });
    await press('q');
    await ended;
    await terminal.drained();
    expect(terminal.modes()).toEqual({ alternate: false, cursorHidden: false, raw: false });
  });

  it('is as it was after a mistake in a view, which is told', async () => {
    const source = fakeSource();
    const { press, ended, terminal } = await openScreen({
      source: {
        ...source,
        follow: (query: Query<unknown>, signal: AbortSignal) => {
          if (query.path === '/v1/session/list') throw new Error('our own mistake');
          return source.follow(query, signal);
        },
      } as FakeSource,
    });
    await press('5');
    await expect(ended).rejects.toThrow('our own mistake');
    await terminal.drained();
    expect(terminal.modes()).toEqual({ alternate: false, cursorHidden: false, raw: false });
  });

  it('is lent to the shell on ctrl-z, and drawn anew when the shell gives it back', async () => {
    const continued = Promise.withResolvers<void>();
    let between: unknown;
    const opened = await open({
      stop: async () => {
        await opened.terminal.drained();
        between = opened.terminal.modes();
        await continued.promise;
      },
    });
    await opened.press('2', 'ctrl-z');
    expect(between).toEqual({ alternate: false, cursorHidden: false, raw: false });
    opened.terminal.stdout.write('$ fg');
    continued.resolve();
    await opened.pass(100);
    opened.expectScreen('consul-client01');
    opened.expectNot('fg');
    expect(opened.terminal.modes()).toEqual({ alternate: true, cursorHidden: true, raw: true });
  });

  it('is drawn anew on ctrl-l, after whatever was written over it', async () => {
    const { press, terminal, text } = await open();
    const before = text();
    terminal.stdout.write('\x1b[5;5Hgarbage from elsewhere');
    await press('ctrl-l');
    expect(text()).toBe(before);
  });

  it.each([
    [250, 70],
    [80, 24],
    [81, 25],
    [40, 12],
    [20, 6],
    [3, 2],
  ])('may become %ix%i at any moment', { timeout: 30_000 }, async (columns, rows) => {
    const { press, resize, text, terminal } = await open({ columns: 120, rows: 40 });
    for (const view of ['1', '2', '3', '4', '5', '6', '7', '8', '9', '?']) {
      await resize(120, 40);
      await press(view);
      await resize(columns, rows);
      const drawn = text();
      await press('ctrl-l');
      expect(text()).toBe(drawn);
      expect(terminal.lines()).toHaveLength(rows);
    }
  });

  it('is written to only where something changed', async () => {
    const { pass, press, terminal } = await open({ columns: 250, rows: 70 });
    await pass(4_500);
    const bytesOf = async (act: () => Promise<void>) => {
      const before = terminal.written();
      await act();
      return terminal.written() - before;
    };
    const whole = await bytesOf(() => press('ctrl-l'));
    // Between two samples nothing changes; with a sample the curves and the ages do.
    expect(await bytesOf(() => pass(1_000))).toBe(0);
    expect(await bytesOf(() => pass(1_000))).toBeLessThan(whole / 2);
  });
});

/** Drawing anew shows how old things are now: ages, and the spaces that make room for them, may differ. */
function ageless(text: string): string {
  return text.replace(/\d+[smhd]\b/g, '').replace(/[ ─]+/g, ' ');
}

describe('any keys in any order', () => {
  const keys = [
    ...new Set(keyTable.flatMap((binding) => [...binding.keys] as string[])),
    '1',
    '2',
    '3',
    '4',
    '5',
    'x',
    'é',
  ].filter((key) => !['q', 'ctrl-c', 'ctrl-z', 'ctrl-b', 'ctrl-f', 'delete'].includes(key));
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...keys).map((key) => ({ kind: 'press', key }) as const) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 30, max: 130 }), fc.integer({ min: 8, max: 45 }))
        .map(([columns, rows]) => ({ kind: 'resize', columns, rows }) as const),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('down', 'up', 'denied').map((event) => ({ kind: 'event', event }) as const),
    },
  );

  it('never crash it and never leave a half-drawn screen', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const opened = await openScreen();
        for (const each of steps) {
          if (each.kind === 'press') await opened.press(each.key);
          else if (each.kind === 'resize') await opened.resize(each.columns, each.rows);
          else {
            opened.source.fail(
              each.event === 'up'
                ? undefined
                : { kind: each.event === 'down' ? 'unavailable' : 'denied', message: each.event },
            );
            await opened.pass(2_500);
          }
        }
        await opened.pass(0);
        const drawn = opened.text();
        await opened.press('ctrl-l');
        expect(ageless(opened.text())).toBe(ageless(drawn));
        expect(drawn.split('\n')[0]).toContain('tc');
        await opened.quit();
      }),
      { numRuns: 25 },
    );
  });
});
