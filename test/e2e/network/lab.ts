/**
 * Machines with addresses of their own on one computer: a network namespace each, joined by a wire that can lose, delay and cut (`hub.ts`).
 * Needs root, `ip`, `socat` and /dev/net/tun; no kernel module for bad networks. Every machine also has a second address that no fault
 * touches, for the test itself.
 */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HubLinks, HubStart, LinkState } from './hub.ts';

const hubPort = 5555;
const wireMtu = 1400;
const tunnelMtu = 1500;
const inOrder: LinkState = { cut: false, loss: 0, delayMs: 0 };

const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** `ip` that may fail: what it takes down may be gone. */
const tryIp = (...args: string[]): void => {
  try {
    ip(...args);
  } catch {}
};

export interface Machine {
  readonly number: number;
  readonly namespace: string;
  /** Its address on the wire. */
  readonly address: string;
  /** Its address for the test. */
  readonly control: string;
}

export class Lab implements AsyncDisposable {
  readonly machines: Machine[] = [];
  readonly #hub: ChildProcess;
  readonly #links = new Map<string, LinkState>();
  readonly #tunnels: ChildProcess[] = [];
  readonly #prefix: string;

  private constructor(hub: ChildProcess, prefix: string) {
    this.#hub = hub;
    this.#prefix = prefix;
  }

  static async make(count: number): Promise<Lab> {
    const hub = fork(join(import.meta.dirname, 'hub.ts'), { stdio: 'inherit' });
    const lab = new Lab(hub, '10.77.0');
    try {
      for (let number = 1; number <= count; number++) lab.#addMachine(number);
      const tunnels = lab.machines.map(({ number, control }) => ({ here: lab.#near(number), there: control }));
      await lab.#tell({ kind: 'start', tunnels, port: hubPort, prefix: lab.#prefix });
      for (const machine of lab.machines) lab.#openTunnel(machine);
      await lab.#untilUp();
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
    return lab;
  }

  /** Runs a command on a machine. */
  spawn(machine: Machine, command: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
    return spawn('ip', ['netns', 'exec', machine.namespace, ...command], { stdio: ['ignore', 'pipe', 'pipe'], env });
  }

  /** Runs a command on a machine to its end. @returns what it printed, and its exit code */
  async run(machine: Machine, command: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
    const child = this.spawn(machine, command);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += String(chunk)));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? -1, text };
  }

  /** Nothing passes between the two sides, or in one way only from the first to the second. */
  async cut(
    ones: readonly Machine[],
    others: readonly Machine[],
    ways: 'both ways' | 'one way' = 'both ways',
  ): Promise<void> {
    for (const one of ones) {
      for (const other of others) {
        if (one === other) continue;
        this.#set(one, other, { cut: true });
        if (ways === 'both ways') this.#set(other, one, { cut: true });
      }
    }
    await this.#apply();
  }

  /** All links between these machines lose or delay. */
  async spoil(machines: readonly Machine[], state: Partial<LinkState>): Promise<void> {
    for (const one of machines) for (const other of machines) if (one !== other) this.#set(one, other, state);
    await this.#apply();
  }

  async heal(): Promise<void> {
    this.#links.clear();
    await this.#apply();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tunnel of this.#tunnels) tunnel.kill('SIGKILL');
    if (this.#hub.connected) this.#hub.disconnect();
    this.#hub.kill();
    for (const { namespace, number } of this.machines) {
      tryIp('netns', 'del', namespace);
      tryIp('link', 'del', this.#cable(number));
    }
  }

  #set(from: Machine, to: Machine, state: Partial<LinkState>): void {
    const link = `${from.number}>${to.number}`;
    this.#links.set(link, { ...inOrder, ...this.#links.get(link), ...state });
  }

  #apply(): Promise<void> {
    return this.#tell({ kind: 'links', links: Object.fromEntries(this.#links) });
  }

  async #tell(message: HubStart | HubLinks): Promise<void> {
    this.#hub.send(message);
    await once(this.#hub, 'message');
  }

  /** Second and third byte of the addresses for the test: another pair for every process, should several labs be open at once. */
  get #control(): string {
    return `10.${100 + (process.pid % 100)}`;
  }

  #near(number: number): string {
    return `${this.#control}.${number}.1`;
  }

  #cable(number: number): string {
    return `tc${process.pid}n${number}`;
  }

  #addMachine(number: number): void {
    const namespace = `tc-${process.pid}-${number}`;
    const machine = {
      number,
      namespace,
      address: `${this.#prefix}.${number}`,
      control: `${this.#control}.${number}.2`,
    };
    this.machines.push(machine);
    const cable = this.#cable(number);
    ip('netns', 'add', namespace);
    ip(
      'link',
      'add',
      cable,
      'mtu',
      String(tunnelMtu),
      'type',
      'veth',
      'peer',
      'name',
      'control',
      'mtu',
      String(tunnelMtu),
      'netns',
      namespace,
    );
    ip('addr', 'add', `${this.#near(number)}/30`, 'dev', cable);
    ip('link', 'set', cable, 'up');
    ip('-n', namespace, 'addr', 'add', `${machine.control}/30`, 'dev', 'control');
    ip('-n', namespace, 'link', 'set', 'control', 'up');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
  }

  #openTunnel(machine: Machine): void {
    const { number, control, address } = machine;
    const tunnel = `TUN:${address}/24,tun-name=wire,iff-no-pi,iff-up`;
    const other = `UDP4-DATAGRAM:${this.#near(number)}:${hubPort},bind=${control}:${hubPort}`;
    this.#tunnels.push(this.spawn(machine, ['socat', '-b', '2000', tunnel, other]));
  }

  async #untilUp(): Promise<void> {
    for (const machine of this.machines) {
      for (let tries = 0; ; tries++) {
        const { code } = await this.run(machine, ['ip', 'link', 'set', 'wire', 'mtu', String(wireMtu)]);
        if (code === 0) break;
        if (tries > 200) throw new Error(`no tunnel on machine ${machine.number}: are socat and /dev/net/tun there?`);
        await sleep(25);
      }
    }
  }
}
