/** The walk of an operator from the first server to a cluster that grows, shrinks and moves: as typed, on the usual ports. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../cluster/node.ts';
import { allowLookups } from '../security.ts';
import { LabAgent } from './agent.ts';
import { Lab } from './lab.ts';

const scratch = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'tc-walk-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

/** Ends what the test started, before its machines go. */
class Walk implements AsyncDisposable {
  readonly lab: Lab;
  readonly directory = scratch();
  readonly #agents: LabAgent[] = [];

  constructor(lab: Lab) {
    this.lab = lab;
  }

  /** An agent of machine `number`, started. */
  agent(number: number, name: string, ...args: string[]): LabAgent {
    const agent = new LabAgent(this.lab, this.lab.machines[number - 1]!, name, this.directory, args);
    agent.start();
    this.#agents.push(agent);
    return agent;
  }

  address(number: number): string {
    return this.lab.machines[number - 1]!.address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.end()));
    await this.lab[Symbol.asyncDispose]();
  }
}

/** Status of a node as `tc members` prints it; undefined when it is not listed. */
async function statusOf(asked: LabAgent, node: string): Promise<string | undefined> {
  const { text } = await asked.tc('members', `--http-addr=${asked.machine.address}:8500`);
  const line = text.split('\n').find((one) => one.startsWith(`${node} `));
  return line?.split(/\s+/)[2];
}

const peersOf = async (asked: LabAgent): Promise<string[]> => (await asked.read<string[]>('/v1/status/peers')) ?? [];
const canWrite = async (agent: LabAgent, key: string): Promise<boolean> => {
  try {
    return (await agent.ask('PUT', `/v1/kv/${key}`, 'v', 5000)).text.trim() === 'true';
  } catch {
    return false;
  }
};
const valueAt = async (agent: LabAgent, key: string): Promise<string> =>
  (await agent.ask('GET', `/v1/kv/${key}?raw`)).text;

const answers = (agent: LabAgent): Promise<boolean> =>
  agent.ask('GET', '/v1/status/leader').then(
    () => true,
    () => false,
  );
/** For an agent that knows no servers yet, which could tell it what another token may do. */
const agentMaster = 'e2b6c0de-0000-4000-8000-00000000a9e7';

describe('the usual walk', () => {
  it('from three servers and a client to those that leave and those that fail', { timeout: 120_000 }, async () => {
    await using walk = new Walk(await Lab.make(5));
    const [ip1, ip2, ip3, ip4] = [1, 2, 3, 4].map((number) => walk.address(number));
    const pidFile = join(walk.directory, 'pid');
    const server = ['-server', '-bootstrap-expect=3', '-ui'];
    const one = walk.agent(1, 'consul-server01', ...server, `-pid-file=${pidFile}`);
    await until('the first answers', () => answers(one));
    const two = walk.agent(2, 'consul-server02', ...server, `-retry-join=${ip1}`);
    const three = walk.agent(3, 'consul-server03', ...server, `-join=${ip1}`);
    const client = walk.agent(4, 'consul-client01', `-join=${ip1}`);
    await until('a write', () => canWrite(one, 'first'));
    expect(Number(readFileSync(pidFile, 'utf8'))).toBeGreaterThan(1);

    // What people look for in logs.
    const printed = (): string => one.output + two.output + three.output;
    await until('the leader says so', async () => printed().includes('agent.server: cluster leadership acquired'));
    expect(printed()).toMatch(/agent\.server: New leader elected: payload=consul-server0[123]/);
    await until('it marks members alive', async () =>
      printed().includes('agent.server: member joined, marking health alive: member=consul-client01'),
    );

    // An agent that joins later, by way of any member.
    const late = walk.agent(5, 'consul-client02', `-hcl=acl { tokens { agent_master = "${agentMaster}" } }`);
    await until('it answers', () => answers(late));
    const joined = await late.tc('join', `-token=${agentMaster}`, `--http-addr=${walk.address(5)}:8500`, ip4!);
    expect(joined).toEqual({ code: 0, text: 'Successfully joined cluster by contacting 1 nodes.\n' });

    await until('five members', async () => (await statusOf(one, 'consul-client02')) === 'alive');
    const { text: table } = await one.tc('members', `--http-addr=${ip1}:8500`);
    const rows = table
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).join(' '));
    expect(rows).toEqual([
      'Node Address Status Type Build Protocol DC Segment',
      `consul-server01 ${ip1}:8301 alive server 1.10.7 2 dc1 <all>`,
      `consul-server02 ${ip2}:8301 alive server 1.10.7 2 dc1 <all>`,
      `consul-server03 ${ip3}:8301 alive server 1.10.7 2 dc1 <all>`,
      `consul-client01 ${ip4}:8301 alive client 1.10.7 2 dc1 <default>`,
      `consul-client02 ${walk.address(5)}:8301 alive client 1.10.7 2 dc1 <default>`,
    ]);
    expect([`"${ip1}:8300"`, `"${ip2}:8300"`, `"${ip3}:8300"`]).toContain(
      (await one.ask('GET', '/v1/status/leader')).text.trim(),
    );
    expect((await peersOf(one)).sort()).toEqual([`${ip1}:8300`, `${ip2}:8300`, `${ip3}:8300`]);
    await allowLookups(one.ask.bind(one));
    for (const name of ['consul-server01.node.consul', 'consul-server01.node.dc1.consul']) {
      const { text } = await walk.lab.run(client.machine, ['dig', `@${ip1}`, '-p', '8600', '+noall', '+answer', name]);
      expect(text.trim().split(/\s+/)).toEqual([`${name}.`, '0', 'IN', 'A', ip1]);
    }

    // A client's Ctrl-C is a goodbye, kill -9 is a failure; the operator cleans up.
    expect(await client.end('SIGINT')).toBe(0);
    await until('it has left', async () => (await statusOf(one, 'consul-client01')) === 'left');
    await late.end('SIGKILL');
    await until('it has failed', async () => (await statusOf(one, 'consul-client02')) === 'failed');
    expect((await one.tc('force-leave', `--http-addr=${ip1}:8500`, 'consul-client02')).code).toBe(0);
    await until('it counts as left', async () => (await statusOf(two, 'consul-client02')) === 'left');
    expect((await one.tc('force-leave', '-prune', `--http-addr=${ip1}:8500`, 'consul-client02')).code).toBe(0);
    await until('it is forgotten', async () => (await statusOf(two, 'consul-client02')) === undefined);

    // A server's Ctrl-C is no goodbye: it comes back and finds its place.
    expect(await three.end('SIGINT')).toBe(1);
    await until('it has failed', async () => (await statusOf(one, 'consul-server03')) === 'failed');
    expect((await peersOf(one)).length).toBe(3);
    three.start();
    await until('it is back', async () => (await statusOf(one, 'consul-server03')) === 'alive');
    // `tc leave` is one.
    const left = await three.tc('leave', `--http-addr=${ip3}:8500`);
    expect(left).toEqual({ code: 0, text: 'Graceful leave complete\n' });
    await until('it has left', async () => (await statusOf(one, 'consul-server03')) === 'left');
    await until('it has no vote', async () => (await peersOf(one)).length === 2);
    expect(await canWrite(two, 'after')).toBe(true);
    expect(existsSync(pidFile)).toBe(true);
    await one.end('SIGTERM');
    expect(existsSync(pidFile)).toBe(false);
  });

  it('leaves and comes back as its settings say', { timeout: 90_000 }, async () => {
    await using walk = new Walk(await Lab.make(4));
    const one = walk.agent(1, 'one', '-server', '-bootstrap-expect=1');
    await until('a write', () => canWrite(one, 'first'));
    const join = `-join=${walk.address(1)}`;
    const leaver = walk.agent(2, 'leaver', join, '-hcl=leave_on_terminate = true');
    const stayer = walk.agent(3, 'stayer', join, '-hcl=skip_leave_on_interrupt = true');
    const homesick = walk.agent(4, 'homesick', join, '-rejoin');
    for (const { name } of [leaver, stayer, homesick]) {
      await until(`${name} is there`, async () => (await statusOf(one, name)) === 'alive');
    }
    // What is remembered is written twice a second.
    await new Promise((done) => setTimeout(done, 700));
    await leaver.end('SIGTERM');
    await stayer.end('SIGINT');
    await homesick.end('SIGINT');
    await until('one has left', async () => (await statusOf(one, 'leaver')) === 'left');
    await until('one has not', async () => (await statusOf(one, 'stayer')) === 'failed');
    await until('one has left, to come back', async () => (await statusOf(one, 'homesick')) === 'left');
    // Without being told whom to join.
    const back = walk.agent(4, 'homesick', '-rejoin');
    await until('it is back', async () => (await statusOf(one, 'homesick')) === 'alive');
    expect(back.output).toContain('Re-joined to previously known node');
  });

  it('moves all servers to other addresses at once', { timeout: 90_000 }, async () => {
    await using walk = new Walk(await Lab.make(6));
    const args = ['-server', '-bootstrap-expect=3', '-hcl=retry_interval = "500ms"'];
    const before = [1, 2, 3].map((n) => walk.agent(n, `s${n}`, ...args, `-retry-join=${walk.address(1)}`));
    await until('a write', () => canWrite(before[0]!, 'kept'));
    await Promise.all(before.map((server) => server.end('SIGTERM')));
    // The same servers with the same data on other machines.
    const after = [4, 5, 6].map((n) => walk.agent(n, `s${n - 3}`, ...args, `-retry-join=${walk.address(4)}`));
    await until('a write', () => canWrite(after[0]!, 'new'), 40_000);
    for (const server of after) expect(await valueAt(server, 'kept')).toBe('v');
    const moved = [4, 5, 6].map((n) => `${walk.address(n)}:8300`).join(' ');
    await until('Raft knows it', async () => (await peersOf(after[1]!)).sort().join(' ') === moved, 40_000);
  });

  it('grows from one server to three to five, and back', { timeout: 300_000 }, async () => {
    await using walk = new Walk(await Lab.make(5));
    const settings = [
      '-server',
      // A busy machine is no reason to wait longer.
      '-hcl=autopilot { server_stabilization_time = "1s" last_contact_threshold = "5s" }',
      '-hcl=leave_on_terminate = true',
      '-hcl=performance { leave_drain_time = "500ms" }',
    ];
    const servers = [walk.agent(1, 's1', ...settings, '-bootstrap-expect=1')];
    const first = servers[0]!;
    await until('a write', () => canWrite(first, 'one'));
    const votes = async (asked: LabAgent): Promise<number> => {
      const configuration = await asked.read<{ Servers: { Voter: boolean }[] }>('/v1/operator/raft/configuration');
      return configuration?.Servers.filter(({ Voter }) => Voter).length ?? 0;
    };
    for (let n = 2; n <= 5; n++) {
      servers.push(walk.agent(n, `s${n}`, ...settings, `-retry-join=${walk.address(1)}`));
      if (n === 3 || n === 5) await until(`${n} votes`, async () => (await votes(first)) === n, 90_000);
    }
    await until('a write over the last', () => canWrite(servers[4]!, 'five'));
    // The first goes too: whoever leads hands over.
    for (const [left, server] of [
      [4, servers[4]!],
      [3, servers[0]!],
      [2, servers[3]!],
      [1, servers[1]!],
    ] as const) {
      await server.end('SIGTERM');
      await until(`${left} votes`, async () => (await votes(servers[2]!)) === left, 90_000);
      await until('a write', () => canWrite(servers[2]!, `down/${left}`));
    }
    for (const key of ['one', 'five', 'down/4', 'down/1']) expect(await valueAt(servers[2]!, key)).toBe('v');
  });
});
