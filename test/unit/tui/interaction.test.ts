/** What the fingers do: each test is a short session at the keyboard. */
import { afterEach, describe, expect, it } from 'vitest';
import { createKeyMap } from '../../../src/tui/keys.ts';
import { entry, member, smallDatacenter } from './support/fake-datacenter.ts';
import { fakeSource } from './support/fake-source.ts';
import { openScreen, type Screen, type ScreenOptions } from './support/screen.ts';

let screen: Screen | undefined;

async function open(options: ScreenOptions = {}): Promise<Screen> {
  screen = await openScreen({ columns: 120, rows: 40, ...options });
  return screen;
}

afterEach(async () => {
  await screen?.quit();
  screen = undefined;
});

/** `:text` and enter. */
async function command(opened: Screen, text: string): Promise<void> {
  await opened.press(':');
  await opened.type(text);
  await opened.press('enter');
  await opened.pass(200);
}

describe('going around', () => {
  it('goes to a view by name, alias and argument, with completion', async () => {
    const opened = await open();
    await command(opened, 'svc web');
    opened.expectScreen('web.service.dc1.consul', 'web-01');
    await opened.press(':');
    await opened.type('mem');
    opened.expectScreen(/:members/);
    await opened.press('tab', 'enter');
    opened.expectScreen('consul-client01');
    await opened.press(':');
    await opened.type('node consul-c');
    await opened.press('tab', 'enter');
    await opened.pass(200);
    opened.expectScreen(/consul-client01 .*Services/);
  });

  it('says what was probably meant, and what wants a name', async () => {
    const opened = await open();
    await command(opened, 'sesions');
    opened.expectScreen('no view "sesions": did you mean sessions?');
    await command(opened, 'node');
    opened.expectScreen(':node wants a name after it');
  });

  it('knows esc when the next key comes in the same piece, over a slow line', async () => {
    const opened = await open({ view: 'services' });
    await opened.press('enter', '\x1b:members\r');
    opened.expectScreen('consul-client01', /╭─ Members/);
  });

  it('opens a key by its whole path', async () => {
    const opened = await open();
    await command(opened, 'kv app/config/motd');
    await opened.pass(500);
    opened.expectScreen('Bienvenue');
  });

  it('goes down with enter, up with esc, and through history with brackets', async () => {
    const opened = await open();
    await opened.press('3', 'enter');
    await opened.pass(200);
    await opened.press('enter');
    await opened.pass(200);
    opened.expectScreen('Services › web › web-01 on consul-client01', 'HTTP on port 8080');
    await opened.press('esc');
    opened.expectScreen('Services › web ');
    await opened.press('esc', 'esc');
    opened.expectNot('Services › web');
    await opened.press('[');
    opened.expectScreen('Services › web ');
    await opened.press('[', '[', '[', '[', '[', '[');
    opened.expectScreen('Right now');
    await opened.press(']');
    opened.expectScreen('╭─ Services ─');
  });

  it('leads from the worst problem to where it is', async () => {
    const opened = await open();
    opened.expectScreen('a ✖ Member web-北京-01 failed', 'b ▲ Check HTTP on port 8080');
    await opened.press('a');
    await opened.pass(200);
    opened.expectScreen('web-北京-01 ');
    await opened.press('1', 'b');
    await opened.pass(200);
    opened.expectScreen('web.service.dc1.consul');
  });

  it('shows the output of a check without its colours', async () => {
    const opened = await open({ view: 'checks' });
    await opened.press('j', 'enter');
    opened.expectScreen('output on consul-client01', 'Output: slow down!');
  });
});

describe('who watches a service', () => {
  it('is told by agents that know, and found by what they ask', async () => {
    const opened = await open({ view: 'service web' });
    await opened.press('right');
    opened.expectScreen('10.0.0.11:40312', 'health/service/web?passing', '10.0.0.12:51100');
    await opened.press('/');
    await opened.type('catalog');
    await opened.press('enter');
    opened.expectScreen(/ 1\/1 /, '10.0.0.12:51100');
    await opened.press('left');
    opened.expectScreen('web-01');
  });

  it('is not spoken of where the agent is another Consul, and explained where the token may not see it', async () => {
    const source = fakeSource();
    delete source.state.others['/v1/agent/watches?service=web'];
    const opened = await open({ source, view: 'service web' });
    opened.expectScreen('web-01');
    opened.expectNot('Watched by');
    await opened.press('right');
    opened.expectScreen('web-01');
    source.refuse('/v1/agent/watches', { kind: 'denied', message: 'needs agent:read' });
    await opened.pass(200);
    await opened.press('right');
    opened.expectScreen('⊘ Permission denied', 'needs agent:read');
  });
});

describe('tables', () => {
  it('are sorted by the next column, and the other way round', async () => {
    const opened = await open({ view: 'members' });
    await opened.press('s', 's');
    opened.expectScreen('Name↑', /│ ● alive +consul-client01[\s\S]*web-北京-01/);
    await opened.press('S');
    opened.expectScreen('Name↓', /web-北京-01[\s\S]*consul-client01/);
  });

  it('are filtered by state and tag', async () => {
    const opened = await open({ view: 'services' });
    await opened.press('/');
    await opened.type('state:warn tag:green');
    opened.expectScreen(/▲ warning +web/);
    opened.expectNot('primary');
  });

  it('show all columns when wide', async () => {
    const opened = await open({ view: 'members', columns: 80, rows: 24 });
    opened.expectNot('Segment');
    await opened.press('w', 'L', 'L', 'L', 'L');
    opened.expectScreen('Proto', 'Segment', 'web-北京-01');
    await opened.press('w');
    opened.expectNot('Segment');
  });

  it('show the JSON of a row, and copy it through the terminal', async () => {
    const opened = await open({ view: 'members' });
    await opened.press('y');
    opened.expectScreen('"Name": "web-北京-01"', '"Status": 4');
    await opened.press('esc', 'j', 'c');
    const name = Buffer.from('consul-client01').toString('base64');
    expect(opened.terminal.tail()).toContain(`\x1b]52;c;${name}\x07`);
    opened.expectScreen('copied consul-client01');
    await opened.press('C');
    expect(opened.terminal.tail()).toContain('\x1b]52;c;Ww');
  });

  it('never show the secret of a token', async () => {
    const opened = await open({ view: 'acl' });
    await opened.press('j', 'y');
    opened.expectScreen('(not shown)');
    opened.expectNot('nobody may see');
  });
});

describe('actions', () => {
  const leave = (opened: Screen) => opened.press('x', 'enter');

  it('show the equal command and write only after y', async () => {
    const opened = await open({ view: 'members' });
    await leave(opened);
    opened.expectScreen("tc force-leave 'web-北京-01'", 'y do it', 'n leave it');
    await opened.press('enter', 'space', 'x', 'j');
    expect(opened.source.writes).toEqual([]);
    await opened.press('n');
    expect(opened.source.writes).toEqual([]);
    await leave(opened);
    await opened.press('y');
    const path = `/v1/agent/force-leave/${encodeURIComponent('web-北京-01')}`;
    expect(opened.source.writes).toEqual([{ method: 'PUT', path }]);
    opened.expectScreen('web-北京-01 forced to leave');
  });

  it('are not answered by what came in one piece with the question', async () => {
    const opened = await open({ view: 'members' });
    opened.terminal.send('x\ry');
    await opened.pass(200);
    opened.expectScreen('y do it');
    expect(opened.source.writes).toEqual([]);
  });

  it('work on all marked rows', async () => {
    const state = smallDatacenter();
    state.members = [
      member('a', '10.0.0.1', { Status: 4 }),
      member('b', '10.0.0.2', { Status: 4 }),
      member('c', '10.0.0.3'),
    ];
    const opened = await open({ view: 'members', source: fakeSource(state) });
    await opened.press('space', 'space');
    opened.expectScreen('◆ 2 marked');
    await leave(opened);
    opened.expectScreen('tc force-leave a', 'tc force-leave b');
    await opened.press('y');
    expect(opened.source.writes.map(({ path }) => path)).toEqual([
      '/v1/agent/force-leave/a',
      '/v1/agent/force-leave/b',
    ]);
    await opened.press('esc');
    opened.expectNot('marked');
  });

  it('are forbidden by -read-only, with the reason', async () => {
    const opened = await open({ view: 'members', readOnly: true });
    await opened.press('x');
    opened.expectScreen('read-only: tc top was started with -read-only');
    await opened.press('enter', 'y');
    expect(opened.source.writes).toEqual([]);
    await opened.press('esc');
    await command(opened, 'kv blob');
    await opened.press('e');
    opened.expectScreen('read-only');
  });

  it('ask for what they need, field after field', async () => {
    const opened = await open({ view: 'acl' });
    opened.source.answerWrites(() => ({ AccessorID: 'new-accessor', SecretID: 'new-secret' }));
    await opened.press('x', 'j', 'enter', 'enter', 'enter', 'enter', 'enter');
    opened.expectScreen('must be given');
    await opened.type("web's token");
    await opened.press('tab');
    await opened.type('web-read, db');
    await opened.press('enter', 'enter', 'enter');
    opened.expectScreen("tc acl token create '-description=web'\\''s token' -policy-name=web-read -policy-name=db");
    expect(opened.source.writes).toEqual([]);
    await opened.press('y');
    expect(opened.source.writes).toMatchObject([
      { body: { Description: "web's token", Policies: [{ Name: 'web-read' }, { Name: 'db' }] } },
    ]);
    opened.expectScreen('new-secret');
  });

  it('tell what the agent said when it refused', async () => {
    const opened = await open({ view: 'members' });
    await leave(opened);
    opened.source.fail({ kind: 'denied', message: 'Permission denied: token lacks operator:write' });
    await opened.press('y');
    opened.expectScreen('Force-leave: Permission denied: token lacks operator:write');
  });
});

describe('a key', () => {
  it('is edited with check-and-set, after a confirmation', async () => {
    const asked: string[] = [];
    const opened = await open({
      view: 'kv app/config/motd',
      edit: async (text, name) => {
        asked.push(name, text);
        return 'Welcome back.\n';
      },
    });
    await opened.pass(500);
    await opened.press('e');
    await opened.pass(100);
    expect(asked).toEqual(['motd', 'Welcome.\nBienvenue.\n欢迎。\n']);
    opened.expectScreen('tc kv put -cas -modify-index=34 -flags=42 app/config/motd @FILE');
    expect(opened.source.writes).toEqual([]);
    await opened.press('y');
    expect(opened.source.writes).toEqual([
      { method: 'PUT', path: '/v1/kv/app/config/motd', params: { cas: '34', flags: '42' }, body: 'Welcome back.\n' },
    ]);
    opened.expectScreen('app/config/motd is written');
  });

  it('that somebody else changed meanwhile is not overwritten: both changes are shown', async () => {
    const opened = await open({ view: 'kv app/config/motd', edit: async () => 'mine\n' });
    await opened.pass(500);
    opened.source.answerWrites(() => false);
    await opened.press('e');
    await opened.pass(100);
    opened.source.state.entries.set(
      'app/config/motd',
      entry('app/config/motd', 'theirs\n', { ModifyIndex: 99, Flags: 42 }),
    );
    await opened.press('y');
    opened.expectScreen(
      'Conflict',
      'What they changed',
      '+ theirs',
      'What you changed',
      '+ mine',
      'Nothing was written',
    );
    await opened.press('esc');
    opened.expectScreen('Write mine over theirs', 'Edit mine again');
    opened.source.answerWrites(() => true);
    await opened.press('enter');
    opened.expectScreen('-modify-index=99');
    await opened.press('y');
    expect(opened.source.writes.at(-1)).toMatchObject({ params: { cas: '99' }, body: 'mine\n' });
  });

  it('that was left as it was is not written', async () => {
    const opened = await open({ view: 'kv app/config/motd', edit: async () => undefined });
    await opened.pass(500);
    await opened.press('e');
    await opened.pass(100);
    opened.expectScreen('nothing was changed');
    expect(opened.source.writes).toEqual([]);
  });

  it('is followed with what each change changed', async () => {
    const opened = await open({ view: 'kv app/config/database.json' });
    await opened.pass(500);
    await opened.press('f');
    opened.expectScreen('following', 'waiting for the next change');
    const value = '{"host":"db.service.consul","port":6543,"pool":{"min":2,"max":20},"tls":true}';
    opened.source.state.entries.set(
      'app/config/database.json',
      entry('app/config/database.json', value, { ModifyIndex: 35 }),
    );
    opened.source.changed();
    await opened.pass(500);
    opened.expectScreen('-   "port": 5432', '+   "port": 6543', 'index 35');
  });

  it('is made and deleted from the screen', async () => {
    const opened = await open({ view: 'kv' });
    await opened.press('j', 'x', 'j', 'enter');
    await opened.type('new/key');
    await opened.press('enter');
    await opened.type('value');
    await opened.press('enter', 'y');
    expect(opened.source.writes).toEqual([
      { method: 'PUT', path: '/v1/kv/new/key', params: { cas: '0' }, body: 'value' },
    ]);
    await opened.pass(200);
    await opened.press('x');
    opened.expectScreen('Delete the key');
    await opened.press('enter');
    opened.expectScreen('tc kv delete -cas -modify-index=34 blob');
    await opened.press('y');
    expect(opened.source.writes.at(-1)).toEqual({ method: 'DELETE', path: '/v1/kv/blob', params: { cas: '34' } });
  });
});

describe('honest states', () => {
  it('say which right is missing, in each view alone', async () => {
    const source = fakeSource();
    source.refuse('/v1/acl', { kind: 'denied', message: 'needs acl:read' });
    const opened = await open({ source, view: 'acl' });
    await opened.pass(200);
    opened.expectScreen('⊘ Permission denied needs acl:read', '● live');
  });

  it('say that an agent does not offer something', async () => {
    const source = fakeSource();
    source.refuse('/v1/connect', { kind: 'missing', message: 'method not allowed' });
    const opened = await open({ source, view: 'intentions' });
    await opened.pass(200);
    opened.expectScreen('This agent does not offer it');
  });
});

describe('the user', () => {
  it('may have other keys, which the footer and the help page show', async () => {
    const opened = await open({ view: 'members', keys: createKeyMap({ act: ['F2', 'a'], help: ['h'] }) });
    opened.expectScreen(/F2 act/, /h help/);
    await opened.press('h');
    opened.expectScreen(/h +Show or hide this page/);
    await opened.press('esc', 'a');
    opened.expectScreen('Force-leave');
  });

  it('may change the colours while it runs', async () => {
    const opened = await open();
    const colors = () => new Set([...opened.terminal.tail().matchAll(/38;2;(\d+;\d+;\d+)/g)].map(([, rgb]) => rgb));
    await command(opened, 'theme light');
    await opened.press('ctrl-l');
    expect(colors()).toContain('0;101;138');
    await command(opened, 'theme pink');
    opened.expectScreen('themes: any dark light');
  });

  it('pins a metric to the first page', async () => {
    const opened = await open({ view: 'metrics' });
    await opened.press('j', 'j', 'p');
    opened.expectScreen('■ consul.dns.domain_query');
    await opened.press('1');
    opened.expectScreen(/…?.*domain_query/);
  });
});
