/** An agent on a machine of a lab, on the usual ports. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { tc } from '../agent-process.ts';
import { suite, suiteHeaders } from '../security.ts';
import type { Lab, Machine } from './lab.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export class LabAgent {
  readonly name: string;
  readonly machine: Machine;
  readonly dataDir: string;
  output = '';
  #child: ChildProcess | null = null;
  readonly #lab: Lab;
  readonly #args: readonly string[];
  #pool = new http.Agent({ keepAlive: true });

  constructor(lab: Lab, machine: Machine, name: string, directory: string, args: readonly string[]) {
    this.#lab = lab;
    this.machine = machine;
    this.name = name;
    this.dataDir = join(directory, name);
    this.#args = [
      `-node=${name}`,
      `-bind=${machine.address}`,
      `-client=127.0.0.1 ${machine.address} ${machine.control}`,
      `-data-dir=${this.dataDir}`,
      '-disable-host-node-id',
      ...(suite?.args(args.includes('-server')) ?? []),
      ...args,
    ];
  }

  get running(): boolean {
    return this.#child !== null;
  }

  start(more: readonly string[] = []): void {
    const child = this.#lab.spawn(this.machine, [tc, 'agent', ...this.#args, ...more]);
    const keep = (chunk: Buffer): void => {
      this.output += String(chunk);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    this.#child = child;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Sends a signal and waits for the end. @returns the exit code, null when the signal ended it */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return null;
    if (signal === 'SIGKILL') child.kill('SIGCONT');
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    this.#pool.destroy();
    this.#pool = new http.Agent({ keepAlive: true });
    return child.exitCode;
  }

  /** Rejects when there was no answer. */
  ask(method: string, path: string, body = '', timeoutMs = 15_000): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = http.request(
        {
          host: this.machine.control,
          port: 8500,
          method,
          path,
          agent: this.#pool,
          timeout: timeoutMs,
          headers: suiteHeaders,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          );
        },
      );
      request.on('timeout', () => request.destroy(new Error('timeout')));
      request.on('error', reject);
      request.end(body);
    });
  }

  /** The JSON of a read; undefined while it fails. */
  async read<T>(path: string): Promise<T | undefined> {
    try {
      const { status, text } = await this.ask('GET', path, '', 3000);
      return status === 200 ? (JSON.parse(text) as T) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Runs a command line of ours on this machine, as an operator would. */
  tc(...args: string[]): Promise<{ readonly code: number; readonly text: string }> {
    return this.#lab.run(this.machine, [tc, ...args]);
  }
}
