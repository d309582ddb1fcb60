/** UDP on the simulated network: packets get lost, overtake each other, and come twice. */
import type dgram from 'node:dgram';
import { EventEmitter } from 'node:events';
import type { Process } from '../world.ts';
import type { Machine, Network } from './network.ts';

export class SimUdp extends EventEmitter {
  readonly #network: Network;
  readonly #machine: Machine;
  readonly #process: Process;
  #port = 0;

  constructor(network: Network, machine: Machine, process: Process) {
    super();
    this.#network = network;
    this.#machine = machine;
    this.#process = process;
  }

  asSocket(): dgram.Socket {
    return this as unknown as dgram.Socket;
  }

  bind({ port }: { readonly port: number }): void {
    this.#port = port;
    this.#machine.udp.set(port, this);
    process.nextTick(() => this.emit('listening'));
  }

  setRecvBufferSize(): void {}

  send(packet: Uint8Array, port: number, address: string, done: (error: Error | null) => void): void {
    const network = this.#network;
    const from = this.#machine;
    const to = network.machine(address);
    const bytes = Buffer.from(packet);
    process.nextTick(() => done(null));
    if (!network.passes(from, to)) return;
    for (let copies = network.repeats() ? 2 : 1; copies > 0; copies--) {
      network.world.after(network.delayMs(from, to, bytes.length), () => {
        if (to.powered) to.udp.get(port)?.arrive(bytes, from.ip, this.#port);
      });
    }
  }

  arrive(packet: Buffer, address: string, port: number): void {
    this.#process.deliver(() => this.emit('message', packet, { address, port }));
  }

  close(done: () => void): void {
    if (this.#machine.udp.get(this.#port) === this) this.#machine.udp.delete(this.#port);
    process.nextTick(done);
  }
}
