/**
 * Anti-entropy in virtual time: agents with their registrations and a real server's catalog, calls between them that are late,
 * lost or lost on the way back, partitions, agents that crash, and somebody who meddles with the catalog. When all that has
 * stopped, the catalog has to say what the agents say, of every one of them.
 */
import { RpcError } from '../../src/agent/errors.ts';
import { type AntiEntropy, startAntiEntropy } from '../../src/agent/local/anti-entropy.ts';
import { LocalState } from '../../src/agent/local/state.ts';
import { sameValue } from '../../src/agent/local/sync-core.ts';
import type { RpcCaller } from '../../src/agent/rpc/caller.ts';
import type { Server } from '../../src/agent/server/server.ts';
import { silentLogger } from '../../src/agent/telemetry/logger.ts';
import type { Clock, Timer } from '../../src/lib/runtime.ts';
import { HealthCheck, NodeService } from '../../src/structs/catalog.ts';
import { make } from '../../src/structs/make.ts';
import { Dice } from '../fuzz/dice.ts';
import { devConfig, instantServer } from '../fuzz/instant-server.ts';
import { EventQueue } from './event-queue.ts';
import { hashText, Stream } from './prng.ts';
import type { SimResult } from './result.ts';

const stormMs = 10 * 60_000;
/** Everybody has compared everything twice by then. */
const calmMs = 5 * 60_000;

class SimClock implements Clock {
  readonly #queue = new EventQueue<{ atMs: number; fn: (() => void) | null }>();
  #nowMs = 0;

  nowMs = (): number => this.#nowMs;
  wallMs = (): number => 1_700_000_000_000 + this.#nowMs;

  after(delayMs: number, fn: () => void): Timer {
    const event: { atMs: number; fn: (() => void) | null } = { atMs: this.#nowMs + delayMs, fn };
    this.#queue.push(event);
    return {
      cancel: () => {
        event.fn = null;
      },
    };
  }

  async run(untilMs: number): Promise<void> {
    for (let next = this.#queue.next; next !== undefined && next.atMs <= untilMs; next = this.#queue.next) {
      this.#queue.pop();
      this.#nowMs = next.atMs;
      next.fn?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#nowMs = untilMs;
  }
}

class World {
  readonly clock = new SimClock();
  readonly dice: Stream;
  readonly sometimes = new Map<string, number>();
  readonly print: ((line: string) => void) | null;
  acknowledged = 0;
  traceHash = 0;
  calm = false;

  constructor(seed: number, print: ((line: string) => void) | null) {
    this.dice = new Stream(seed, 'discovery');
    this.print = print;
  }

  note(situation: string, detail = ''): void {
    this.sometimes.set(situation, (this.sometimes.get(situation) ?? 0) + 1);
    const line = `${this.clock.nowMs()} ${situation} ${detail}`;
    this.traceHash = hashText(line, this.traceHash);
    this.print?.(line);
  }

  pause = (ms: number): Promise<void> => new Promise((resolve) => this.clock.after(ms, resolve));
}

/** One agent; its registrations outlive a crash, as those in its data directory do. */
class SimAgent {
  readonly name: string;
  readonly #world: World;
  readonly #server: Server;
  readonly #seed: number;
  state: LocalState;
  #sync: AntiEntropy | null = null;
  cutOff = false;
  /** Grows with every crash: what was under way then is heard of no more. */
  #life = 0;

  constructor(world: World, server: Server, name: string, seed: number) {
    this.#world = world;
    this.#server = server;
    this.name = name;
    this.#seed = seed;
    this.state = this.#fresh();
  }

  get isUp(): boolean {
    return this.#sync !== null;
  }

  start(): void {
    const { clock } = this.#world;
    this.#sync = startAntiEntropy({
      state: this.state,
      datacenter: 'dc1',
      node: () => ({
        id: `00000000-0000-4000-8000-0000000000${this.name.slice(1).padStart(2, '0')}`,
        name: this.name,
        address: '10.0.0.1',
        taggedAddresses: { lan: '10.0.0.1' },
        meta: { rack: 'a' },
      }),
      clusterSize: () => 6,
      rpc: this.#rpc(this.#life),
      runtime: { clock, random: new Stream(this.#seed, `${this.name}/${this.#life}`) },
      logger: silentLogger,
    });
  }

  crash(): void {
    this.#sync?.stop();
    this.#sync = null;
    this.#life++;
    const before = this.state;
    this.state = this.#fresh();
    for (const { service, token, origin } of before.services()) this.state.setService(service, token, origin);
    for (const { check } of before.checks()) {
      this.state.setCheck({ ...check, Status: 'critical', Output: '' }, null, '', 'api');
    }
    before.stop();
  }

  /** One thing that a user, a check or a reload does. */
  act(): void {
    const { dice } = this.#world;
    const id = `${this.name}-s${dice.int(4)}`;
    const check = `c${dice.int(5)}`;
    const what = dice.int(6);
    if (what <= 1) {
      const tags = dice.chance(0.5) ? ['a', 'b'] : null;
      const service = make(NodeService, { ID: id, Service: `web${dice.int(3)}`, Port: dice.int(4), Tags: tags });
      this.state.setService({ ...service, Weights: { Passing: 1, Warning: 1 } }, '', 'api');
    } else if (what === 2) {
      this.state.removeService(id);
      for (const { check: one } of this.state.checks()) if (one.ServiceID === id) this.state.removeCheck(one.CheckID);
    } else if (what === 3) {
      const service = this.state.service(id)?.service;
      const of =
        service === undefined ? {} : { ServiceID: id, ServiceName: service.Service, ServiceTags: service.Tags };
      const one = make(HealthCheck, { Node: this.name, CheckID: check, Name: check, Status: 'critical', ...of });
      this.state.setCheck(one, null, '', 'api');
    } else if (what === 4) this.state.removeCheck(check);
    else if (this.state.check(check) !== undefined) {
      this.state.report(check, dice.chance(0.5) ? 'passing' : 'critical', `output ${dice.int(100)}`);
    }
  }

  #fresh(): LocalState {
    const { clock } = this.#world;
    const random = new Stream(this.#seed, `${this.name}/state/${this.#life}`);
    return new LocalState({ clock, random, checkUpdateIntervalMs: 30_000, discardOutput: () => false });
  }

  #rpc(life: number): RpcCaller {
    const world = this.#world;
    const lost = (situation: string): never => {
      world.note(situation, this.name);
      throw new RpcError('rpc error making call: EOF');
    };
    const late = async (): Promise<void> => {
      if (!world.calm && world.dice.chance(0.2)) await world.pause(world.dice.int(5_000));
      // Nobody hears the answers to calls of an agent that crashed.
      if (life !== this.#life) await new Promise(() => {});
    };
    return {
      call: async (method, args) => {
        await late();
        if (this.cutOff) lost('call of an agent that is cut off');
        if (!world.calm && world.dice.chance(0.1)) lost('call lost');
        const answer = await this.#server.call(method, args);
        world.acknowledged++;
        await late();
        if (!world.calm && world.dice.chance(0.1)) lost('answer lost');
        return answer;
      },
    } as RpcCaller;
  }
}

/** Somebody who works on the catalog by hand. */
async function meddle({ dice, note }: Pick<World, 'dice' | 'note'>, server: Server, agent: SimAgent): Promise<void> {
  const { name: Node } = agent;
  const ServiceID = `${Node}-s${dice.int(4)}`;
  const what = dice.int(5);
  if (what === 0) {
    note('whole node taken out of the catalog', Node);
    await server.call('Catalog.Deregister', { Node });
  } else if (what === 1) await server.call('Catalog.Deregister', { Node, ServiceID });
  else if (what === 2) await server.call('Catalog.Deregister', { Node, CheckID: `c${dice.int(5)}` });
  else {
    note('foreign registration in the catalog', Node);
    const Service = make(NodeService, { ID: what === 3 ? ServiceID : 'stray', Service: 'foreign', Port: 9 });
    await server.call('Catalog.Register', { Node, Address: '10.9.9.9', Service });
  }
}

/** What the catalog has that the agent has not said, or the other way round; null when they agree. */
async function difference(server: Server, { name: Node, state }: SimAgent): Promise<string | null> {
  const { reply: listed } = await server.call('Catalog.NodeServiceList', { Node });
  const { reply: health } = await server.call('Health.NodeChecks', { Node });
  const services = listed.NodeServices.Services ?? [];
  const checks = health.HealthChecks ?? [];
  const ids = (all: readonly string[]): string => [...all].sort().join(' ');
  const said = [
    ids(state.services().map(({ service }) => service.ID)),
    ids(state.checks().map(({ check }) => check.CheckID)),
  ];
  const known = [ids(services.map(({ ID }) => ID)), ids(checks.map(({ CheckID }) => CheckID))];
  if (said.join('|') !== known.join('|')) return `${Node} says ${said.join(' | ')}, the catalog ${known.join(' | ')}`;
  if (listed.NodeServices.Node?.Address !== '10.0.0.1') return `${Node} has another address in the catalog`;
  for (const { service } of state.services()) {
    const { CreateIndex, ModifyIndex, ...row } = services.find(({ ID }) => ID === service.ID)!;
    const mine = { ...service, CreateIndex: undefined, ModifyIndex: undefined };
    const differs = Object.keys(row).find((key) => !sameValue(row[key as never], mine[key as never]));
    if (differs !== undefined) return `${Node} ${service.ID}: ${differs} differs`;
  }
  for (const { check } of state.checks()) {
    const row = checks.find(({ CheckID }) => CheckID === check.CheckID)!;
    for (const key of ['Status', 'Output', 'ServiceID', 'Name'] as const) {
      if (row[key] !== check[key]) return `${Node} ${check.CheckID}: ${key} is ${row[key]}, not ${check[key]}`;
    }
  }
  return null;
}

export async function runDiscovery(seed: number, print: ((line: string) => void) | null = null): Promise<SimResult> {
  const world = new World(seed, print);
  const { clock, dice } = world;
  const server = await instantServer(devConfig(), clock, new Dice(seed));
  const agents = Array.from({ length: 6 }, (_, at) => new SimAgent(world, server, `n${at + 1}`, seed));
  let error: Error | null = null;
  try {
    for (const agent of agents) agent.start();
    const storm = async (): Promise<void> => {
      while (clock.nowMs() < stormMs) {
        await world.pause(dice.int(2_000));
        const agent = agents[dice.int(agents.length)] as SimAgent;
        const what = dice.float();
        if (what < 0.7) agent.act();
        else if (what < 0.85) await meddle({ dice, note: (...told) => world.note(...told) }, server, agent);
        else if (what < 0.92) {
          agent.cutOff = !agent.cutOff;
          world.note(agent.cutOff ? 'agent cut off' : 'agent back in touch', agent.name);
        } else if (agent.isUp) {
          world.note('agent crashed', agent.name);
          agent.crash();
          clock.after(dice.int(30_000), () => agent.start());
        }
      }
    };
    void storm();
    await clock.run(stormMs + 30_000);
    world.calm = true;
    for (const agent of agents) agent.cutOff = false;
    await clock.run(clock.nowMs() + calmMs);
    for (const agent of agents) {
      const problem = await difference(server, agent);
      if (problem !== null) throw new Error(problem);
    }
  } catch (thrown) {
    error = thrown as Error;
  } finally {
    for (const agent of agents) agent.crash();
    await server.stop();
  }
  const { traceHash, sometimes, acknowledged } = world;
  return { seed, error, traceHash, sometimes, acknowledged, virtualMs: clock.nowMs() };
}
