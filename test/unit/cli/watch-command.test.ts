import { describe, expect, it } from 'vitest';
import watch from '../../../src/commands/watch.ts';
import { fakeConsul } from '../client/fake-consul.ts';
import { run } from './run-on-fake.ts';

function setUp() {
  const consul = fakeConsul();
  return { consul, watch: (...argv: string[]) => run(watch, argv, { transport: consul.transport }) };
}

describe('watch without a child', () => {
  it("prints the answer once, in the shape of Consul's client", async () => {
    const { consul, watch } = setUp();
    await consul.handle('PUT', '/v1/kv/w/a', Buffer.from('one'));
    expect(await watch('-type=key', '-key=w/a')).toEqual({
      exit: 0,
      out:
        '{\n    "Key": "w/a",\n    "CreateIndex": 11,\n    "ModifyIndex": 11,\n    "LockIndex": 0,\n' +
        '    "Flags": 0,\n    "Value": "b25l",\n    "Session": ""\n}\n',
      err: '',
    });
    expect(await watch('-type=key', '-key=missing')).toMatchObject({ exit: 0, out: 'null\n' });
    expect(await watch('-type=keyprefix', '-prefix=none/')).toMatchObject({ exit: 0, out: 'null\n' });
  });

  it('fills in what the API leaves out, and leaves out what the API fills in', async () => {
    const { consul, watch } = setUp();
    const entry = {
      Node: {
        ID: '',
        Node: 'n',
        Address: '1.1.1.1',
        Datacenter: 'dc1',
        TaggedAddresses: null,
        Meta: null,
        CreateIndex: 3,
      },
      Service: { ID: 'web', Service: 'web', Tags: ['v'], Port: 80, Proxy: { Mode: '', MeshGateway: {}, Expose: {} } },
      Checks: [{ Node: 'n', CheckID: 'c', Status: 'passing', ServiceTags: [], Definition: {}, ExposedPort: 0 }],
    };
    consul.fixed.set('GET /v1/health/service/web', { status: 200, body: JSON.stringify([entry]), index: 5 });
    const { out } = await watch('-type=service', '-service=web', '-tag=v', '-passingonly=true');
    expect(consul.requests.at(-1)).toBe('GET /v1/health/service/web?passing=1&tag=v');
    const [printed] = JSON.parse(out);
    expect(printed.Service.Proxy).toEqual({ MeshGateway: {}, Expose: {} });
    expect(printed.Service).toMatchObject({ Meta: null, Address: '', Connect: {}, EnableTagOverride: false });
    expect(printed.Checks[0].Definition).toMatchObject({ HTTP: '', Interval: '0s', Header: null });
    expect(printed.Checks[0]).not.toHaveProperty('ExposedPort');
    expect(printed.Service).not.toHaveProperty('Kind');
  });

  it.each([
    [[], 'Watch type must be specified\n\nUsage: tc watch [options] [child...]\n'],
    [['-type=zap'], 'Unsupported watch type: zap\n'],
    [['-type=constructor'], 'Unsupported watch type: constructor\n'],
    [['-type=key'], 'Must specify a single key to watch\n'],
    [['-type=keyprefix'], 'Must specify a single prefix to watch\n'],
    [['-type=service'], 'Must specify a single service to watch\n'],
    [['-type=checks', '-service=a', '-state=b'], 'Cannot specify service and state\n'],
    [
      ['-type=service', '-service=a', '-passingonly=maybe'],
      'Failed to parse passingonly flag: strconv.ParseBool: parsing "maybe": invalid syntax\n',
    ],
    [['-type=nodes', '-key=x', '-state=y'], 'Invalid parameters: [key state]\n'],
    [['-type=connect_roots'], 'Type connect_roots is not supported in the CLI tool\n'],
    [['-type=connect_leaf', '-service=x'], 'Type connect_leaf is not supported in the CLI tool\n'],
    [['-type=agent_service', '-service=x'], 'Invalid parameters: [service]\n'],
  ])('refuses %j before asking', async (argv, text) => {
    const { consul, watch } = setUp();
    const { exit, out, err } = await watch(...argv);
    expect({ exit, out }).toEqual({ exit: 1, out: '' });
    expect(err.startsWith(text)).toBe(true);
    expect(consul.requests).toEqual([]);
  });
});
