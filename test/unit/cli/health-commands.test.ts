import { describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse, Transport } from '../../../src/client/transport.ts';
import catalogService from '../../../src/commands/catalog/service.ts';
import health from '../../../src/commands/health.ts';
import watch from '../../../src/commands/services/watch.ts';
import { fakeConsul } from '../client/fake-consul.ts';
import { run } from './run-on-fake.ts';

const check = (Node: string, Status: string, Output = '') => ({
  ...{ Node, CheckID: 'service:web', Name: '', Status, Notes: '', Output, ServiceID: 'web', ServiceName: 'web' },
});
const entry = (Node: string, Status: string, Port = 80) => ({
  Node: { Node, Address: '10.0.0.1' },
  Service: { ID: 'web', Service: 'web', Tags: ['v1'], Address: '', Port },
  Checks: [check(Node, Status, 'first line\nsecond')],
});

function answering(answers: Readonly<Record<string, unknown>>) {
  const consul = fakeConsul();
  for (const [path, answer] of Object.entries(answers)) {
    consul.fixed.set(`GET ${path}`, { status: answer === null ? 404 : 200, body: JSON.stringify(answer), index: 5 });
  }
  return consul;
}
const tc = (command: typeof health, argv: readonly string[], answers: Readonly<Record<string, unknown>>) =>
  run(command, argv, { transport: answering(answers).transport });

describe('health', () => {
  const web = (...states: string[]) => ({
    '/v1/health/service/web': states.map((state, at) => entry(`n${at}`, state)),
  });

  it.each([
    [['passing', 'passing'], 0, 'web: 2 instances: 2 passing\n'],
    [['passing', 'warning'], 1, 'web: 2 instances: 1 passing, 1 warning\n'],
    [['critical', 'warning'], 2, 'web: 2 instances: 1 warning, 1 critical\n'],
    [[], 2, 'web: 0 instances\n'],
    [['maintenance'], 2, 'web: 1 instance: 1 critical\n'],
  ])('of a service whose instances are %j exits with %i', async (states, exit, summary) => {
    const ran = await tc(health, ['web'], web(...states));
    expect(ran.exit).toBe(exit);
    expect(ran.out.startsWith(summary)).toBe(true);
  });

  it('lists what does not pass, the worst first, with the first line of its output', async () => {
    const { out } = await tc(health, ['web'], web('passing', 'warning', 'critical'));
    expect(out.split('\n').slice(2)).toEqual([
      'Status    Node  Service  Check        Output',
      'critical  n2    web      service:web  first line',
      'warning   n1    web      service:web  first line',
      '',
    ]);
  });

  it('is content with as many as were asked for', async () => {
    expect((await tc(health, ['web', '-min-passing=1'], web('passing', 'critical'))).exit).toBe(0);
    expect((await tc(health, ['web', '-min-passing=2'], web('passing', 'critical'))).exit).toBe(2);
  });

  it('of a node, and of all', async () => {
    expect((await tc(health, ['-node=n'], { '/v1/health/node/n': [check('n', 'passing')] })).out).toBe(
      'n: 1 check: 1 passing\n',
    );
    const all = { '/v1/health/state/any': [check('n', 'passing'), check('n', 'warning')] };
    expect(JSON.parse((await tc(health, ['-format=json'], all)).out)).toMatchObject({
      State: 'warning',
      Summary: 'all: 2 checks: 1 passing, 1 warning',
      Troubles: [{ Status: 'warning' }],
    });
  });

  it('exits with 3 when it could not be found out', async () => {
    const unknown = { '/v1/health/node/n': [], '/v1/catalog/node/n': null };
    expect(await tc(health, ['-node=n'], unknown)).toMatchObject({ exit: 3 });
    for (const argv of [['a', 'b'], ['-nope'], ['-node=n', 'web'], ['-min-passing=1'], ['-format=x']]) {
      expect((await tc(health, argv, {})).exit).toBe(3);
    }
    const down = fakeConsul();
    down.fixed.set('GET /v1/health/state/any', new Error('down'));
    expect((await run(health, [], { transport: down.transport })).exit).toBe(3);
  });
});

describe('catalog service', () => {
  const web = { '/v1/health/service/web': [entry('n0', 'passing'), entry('n1', 'critical', 81)] };

  it('prints the instances, in several forms', async () => {
    expect((await tc(catalogService, ['web'], web)).out).toBe(
      'Node  ID   Address      State     Tags\nn0    web  10.0.0.1:80  passing   v1\nn1    web  10.0.0.1:81  critical  v1\n',
    );
    expect((await tc(catalogService, ['web', '-format=address'], web)).out).toBe('10.0.0.1:80\n10.0.0.1:81\n');
    expect((await tc(catalogService, ['web', '-format=hosts'], web)).out).toBe(
      '10.0.0.1  n0  web\n10.0.0.1  n1  web\n',
    );
    expect(JSON.parse((await tc(catalogService, ['web', '-format=json'], web)).out)).toHaveLength(2);
    expect(await tc(catalogService, ['web', '-format=xml'], web)).toMatchObject({
      exit: 1,
      err: 'Unknown format: xml\n',
    });
  });

  it('asks for what the flags say', async () => {
    const consul = answering(web);
    await run(catalogService, ['-passing', '-tag=a', '-tag=b', '-near=_agent', 'web'], { transport: consul.transport });
    expect(consul.requests).toEqual(['GET /v1/health/service/web?near=_agent&passing=1&tag=a&tag=b']);
  });

  it('tells a service that has none from one that is not there', async () => {
    const none = { '/v1/health/service/web': [], '/v1/catalog/services': { db: [] } };
    expect(await tc(catalogService, ['web'], none)).toMatchObject({ exit: 1, err: 'There is no service named web\n' });
    const matching = { ...none, '/v1/catalog/services': { web: [] } };
    expect(await tc(catalogService, ['web'], matching)).toMatchObject({ err: 'No instance of web matches\n' });
  });
});

describe('services watch', () => {
  /** Answers with one list after the other; the question after the last is not answered, and told to `onLast`. */
  function sequence(lists: readonly unknown[][], onLast = () => {}): Transport {
    let asked = 0;
    const answer = (body: unknown, index: number): HttpResponse => ({
      status: 200,
      header: (name) => (name === 'x-consul-index' ? String(index) : undefined),
      body: Buffer.from(JSON.stringify(body)),
    });
    return {
      async send({ target, signal }: HttpRequest) {
        if (target === '/v1/status/leader') return answer('127.0.0.1:8300', 0);
        const list = lists[asked++];
        if (list !== undefined) return answer(list, asked);
        queueMicrotask(onLast);
        return new Promise<HttpResponse>((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('aborted')));
        });
      },
      stream: () => Promise.reject(new Error('not asked for')),
      close: () => undefined,
    };
  }
  const withoutTimes = (text: string) => text.replaceAll(/^\S+Z /gm, '');

  it('prints what comes, changes and goes', async () => {
    const interruption = new AbortController();
    const lists = [
      [entry('n0', 'passing')],
      [entry('n0', 'critical'), entry('n1', 'passing')],
      [entry('n1', 'passing', 81)],
    ];
    const transport = sequence(lists, () => interruption.abort());
    const { exit, out } = await run(watch, ['web'], { transport, signal: interruption.signal });
    expect(exit).toBe(0);
    expect(withoutTimes(out).split('\n')).toEqual([
      '+ n0 web 10.0.0.1:80 passing [v1]',
      '~ n0 web 10.0.0.1:80 passing -> critical [v1]',
      '+ n1 web 10.0.0.1:80 passing [v1]',
      '- n0 web 10.0.0.1:80 critical [v1]',
      '~ n1 web 10.0.0.1:80 -> 10.0.0.1:81 passing [v1]',
      '',
    ]);
  });

  it('ends when enough of them pass', async () => {
    const transport = sequence([[], [entry('n0', 'passing')]]);
    const ran = await run(watch, ['web', '-until-passing=1', '-format=json'], { transport });
    expect(ran.exit).toBe(0);
    expect(JSON.parse(ran.out)).toMatchObject({ Change: 'added', Instance: { Node: 'n0', State: 'passing' } });
  });

  it('gives up in time', async () => {
    const transport = sequence([[entry('n0', 'critical')]]);
    expect(await run(watch, ['web', '-until-passing=1', '-timeout=50ms'], { transport })).toMatchObject({
      exit: 1,
      err: 'Only 0 of 1 instances of web pass\n',
    });
    expect((await run(watch, ['-timeout=1s', 'web'], { transport })).err).toBe('-timeout needs -until-passing\n');
  });
});
