import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest, Transport } from '../../../src/client/transport.ts';
import maint from '../../../src/commands/maint.ts';
import deregister from '../../../src/commands/services/deregister.ts';
import register from '../../../src/commands/services/register.ts';
import { run } from './run-on-fake.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tc-services-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Answers everything with 200, or as given; keeps what it was asked. */
function agent(answers: Readonly<Record<string, { status?: number; body: unknown }>> = {}) {
  const asked: [line: string, body: unknown][] = [];
  const transport: Transport = {
    send: async ({ method, target, body }: HttpRequest) => {
      asked.push([`${method} ${target}`, body === undefined ? undefined : JSON.parse(String(body))]);
      const { status = 200, body: answer } = answers[`${method} ${target}`] ?? { body: undefined };
      const text = answer === undefined ? '' : typeof answer === 'string' ? answer : JSON.stringify(answer);
      return { status, header: () => undefined, body: Buffer.from(text) };
    },
    stream: () => Promise.reject(new Error('nothing streams here')),
    close: () => {},
  };
  return { asked, given: { transport } };
}

describe('services register', () => {
  it('sends what the flags say, and no more', async () => {
    const { asked, given } = agent();
    const flags = ['-name=web', '-id=w1', '-port=80', '-tag=a', '-tag=b', '-meta=k=v', '-tagged-address=lan=[::1]:8'];
    expect(await run(register, flags, given)).toEqual({ exit: 0, out: 'Registered service: web\n', err: '' });
    expect(asked).toEqual([
      [
        'PUT /v1/agent/service/register',
        {
          Name: 'web',
          ID: 'w1',
          Port: 80,
          Tags: ['a', 'b'],
          Meta: { k: 'v' },
          TaggedAddresses: { lan: { Address: '::1', Port: 8 } },
        },
      ],
    ]);
  });

  it.each([
    ['h', 'address h: missing port in address'],
    ['::1:80', 'address ::1:80: too many colons in address'],
    ['h:x', 'strconv.Atoi: parsing "x": invalid syntax'],
  ])('refuses the tagged address %s before anything is sent', async (address, why) => {
    const { asked, given } = agent();
    const { exit, err } = await run(register, ['-name=w', `-tagged-address=lan=${address}`], given);
    expect([exit, err, asked]).toEqual([1, `Invalid Tagged Address: ${why}\n`, []]);
  });

  it('registers all that files define, in their order', async () => {
    const { asked, given } = agent();
    await writeFile(join(dir, 'a.hcl'), 'service { name = "a" }');
    await writeFile(join(dir, 'b.json'), '{"services": [{"name": "b", "id": "b1"}]}');
    await writeFile(join(dir, 'c.txt'), 'service { name = "c" }');
    const { exit, out, err } = await run(
      register,
      ['a.hcl', 'b.json', 'c.txt'].map((name) => join(dir, name)),
      given,
    );
    expect([exit, out]).toEqual([0, 'Registered service: a\nRegistered service: b\n']);
    expect(err).toMatch(/^skipping file .*c\.txt/);
    expect(asked.map(([, body]) => body)).toEqual([{ Name: 'a' }, { Name: 'b', ID: 'b1' }]);
  });

  it('tells what the agent says, and what is missing', async () => {
    const refusing = agent({ 'PUT /v1/agent/service/register': { status: 400, body: 'Invalid service address' } });
    expect((await run(register, ['-name=w'], refusing.given)).err).toBe(
      'Error registering service "w": Unexpected response code: 400 (Invalid service address)\n',
    );
    expect((await run(register, [], agent().given)).exit).toBe(1);
    expect((await run(register, ['-name=x', 'file.json'], agent().given)).exit).toBe(1);
  });
});

describe('services deregister', () => {
  it('takes an id, escaped as a path', async () => {
    const { asked, given } = agent();
    expect((await run(deregister, ['-id=a b/c'], given)).out).toBe('Deregistered service: a b/c\n');
    expect(asked[0]?.[0]).toBe('PUT /v1/agent/service/deregister/a%20b/c');
  });
});

describe('maint', () => {
  it('shows what is in maintenance, and why', async () => {
    const { given } = agent({
      'GET /v1/agent/self': { body: { Config: { NodeName: 'here' } } },
      'GET /v1/agent/checks': {
        body: {
          _node_maintenance: { CheckID: '_node_maintenance', Notes: 'disk' },
          '_service_maintenance:web': { CheckID: '_service_maintenance:web', ServiceID: 'web', Notes: 'upgrade' },
          other: { CheckID: 'other' },
        },
      },
    });
    expect((await run(maint, [], given)).out).toBe(
      'Node:\n  Name:   here\n  Reason: disk\n\nService:\n  ID:     web\n  Reason: upgrade\n\n',
    );
  });

  it('switches it on with a reason, and off', async () => {
    const { asked, given } = agent();
    await run(maint, ['-enable', '-reason=x y'], given);
    await run(maint, ['-disable', '-service=web'], given);
    expect(asked.map(([line]) => line)).toEqual([
      'PUT /v1/agent/maintenance?enable=true&reason=x+y',
      'PUT /v1/agent/service/maintenance/web?enable=false',
    ]);
  });

  it.each([[['-enable', '-disable']], [['-reason=x']], [['-service=web']], [['-disable', '-reason=x']]])(
    'refuses %j without asking anybody',
    async (flags) => {
      const { asked, given } = agent();
      expect((await run(maint, flags, given)).exit).toBe(1);
      expect(asked).toEqual([]);
    },
  );
});
