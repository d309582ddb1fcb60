/**
 * Machines on a bad network: who is reachable, how long bytes take, what is lost. TCP and UDP of `tcp.ts` and `udp.ts` run over it. What
 * belongs to the kernel goes on while a process is paused; a machine without power neither hears nor answers.
 */
import type { Sockets } from '../../../src/lib/sockets.ts';
import type { Stream } from '../prng.ts';
import type { Process, World } from '../world.ts';
import { connectTcp, type End, TcpListener } from './tcp.ts';
import { SimUdp } from './udp.ts';

export interface NetworkOptions {
  /** Chance that a packet is lost. */
  readonly loss: number;
  /** Chance that a packet comes twice. */
  readonly repeat: number;
  readonly meanDelayMs: number;
}

/** A clogged link carries so few bytes a millisecond. */
const cloggedBytesPerMs = 2;

/** One address, and the process that has it now. */
export class Machine {
  readonly ip: string;
  process: Process | null = null;
  /** Without power nothing is answered, not even refused. */
  powered = true;
  readonly listeners = new Map<number, TcpListener>();
  readonly udp = new Map<number, SimUdp>();
  /** Ends of connections that are open here. */
  readonly ends = new Set<End>();
  nextPort = 32_768;

  constructor(ip: string) {
    this.ip = ip;
  }
}

export class Network {
  readonly world: World;
  readonly random: Stream;
  readonly options: NetworkOptions;
  /** The faults are over. */
  calm = false;
  /** `from>to` for each direction that nothing passes. */
  readonly cut = new Set<string>();
  /** The same for links that are slow. */
  readonly clogged = new Set<string>();
  /** Connections whose first packet did not get through. */
  readonly dialing = new Set<() => void>();
  readonly #machines = new Map<string, Machine>();
  readonly #freeAtMs = new Map<string, number>();

  constructor(world: World, options: NetworkOptions) {
    this.world = world;
    this.options = options;
    this.random = world.stream('network');
  }

  machine(ip: string): Machine {
    let machine = this.#machines.get(ip);
    if (machine === undefined) {
      machine = new Machine(ip);
      this.#machines.set(ip, machine);
    }
    return machine;
  }

  /** Whether a packet that is sent now gets there. */
  passes(from: Machine, to: Machine): boolean {
    if (from === to) return true;
    if (!from.powered || !to.powered || this.cut.has(`${from.ip}>${to.ip}`)) return false;
    if (!this.calm && this.random.chance(this.options.loss)) {
      this.world.sometime('packet lost');
      return false;
    }
    return true;
  }

  repeats(): boolean {
    return !this.calm && this.random.chance(this.options.repeat);
  }

  /** When bytes that are sent now arrive. */
  delayMs(from: Machine, to: Machine, bytes: number): number {
    if (from === to) return 0.02;
    const latencyMs = this.random.around(this.options.meanDelayMs);
    const link = `${from.ip}>${to.ip}`;
    if (!this.clogged.has(link)) return latencyMs;
    const { nowMs } = this.world;
    const freeAtMs = Math.max(nowMs, this.#freeAtMs.get(link) ?? 0) + bytes / cloggedBytesPerMs;
    this.#freeAtMs.set(link, freeAtMs);
    return freeAtMs - nowMs + latencyMs;
  }

  /** All faults are over. What waits to be sent again goes now: how long TCP would have waited says nothing about us. */
  calmDown(): void {
    this.calm = true;
    this.cut.clear();
    this.clogged.clear();
    for (const { ends } of this.#machines.values()) for (const end of ends) end.sendAgain();
    for (const again of [...this.dialing]) again();
  }

  /** The process of a machine is dead: its kernel tells the peers, or nobody does when the power went too. */
  died(machine: Machine, powerToo: boolean): void {
    machine.process = null;
    machine.powered = !powerToo;
    machine.listeners.clear();
    machine.udp.clear();
    for (const end of machine.ends) end.abandon();
    machine.ends.clear();
  }

  socketsOf(ip: string, process: Process): Sockets {
    const machine = this.machine(ip);
    machine.process = process;
    machine.powered = true;
    return {
      connect: (options) => connectTcp(this, machine, process, options),
      listener: (options, onConnection) => new TcpListener(this, machine, process, options, onConnection).asServer(),
      udp: () => new SimUdp(this, machine, process).asSocket(),
    };
  }
}
