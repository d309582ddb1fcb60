/** A job of `exec` as a process: its output as pieces that are read at the reader's speed, and its exit code. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../lib/message-of.ts';
import type { Clock } from '../../lib/runtime.ts';
import type { RemoteExecJob } from '../../structs/remote-exec.ts';

export interface ReadOptions {
  readonly clock: Clock;
  /** How long to wait for a piece to get larger. */
  readonly gatherMs: number;
  /** How long to wait for anything at all; then the piece is empty. */
  readonly silenceMs: number;
}

/** Unread output above this makes the process wait. */
const maxUnreadBytes = 64 * 1024;
/** The exit code of what could not be started, or was killed. */
const notEnded = 255;

export class JobRun {
  /** The exit code. Never rejects. */
  readonly ended: Promise<number>;
  #child: ChildProcess | null = null;
  #folder: string | null = null;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #isOver = false;
  #isListening = true;
  #wake: () => void = () => {};

  constructor(job: RemoteExecJob) {
    this.ended = new Promise((resolve) => {
      const fail = (error: unknown): void => {
        this.#take(Buffer.from(messageOf(error)));
        this.#end();
        resolve(notEnded);
      };
      try {
        const [program, ...args] = this.#words(job);
        if (program === undefined) throw new Error('need an executable to run');
        const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
        this.#child = child;
        for (const stream of [child.stdout, child.stderr]) {
          stream.on('data', (chunk: Buffer) => this.#take(chunk));
          stream.on('error', () => {});
        }
        child.once('error', fail);
        child.once('exit', (code) => resolve(code ?? notEnded));
        child.once('close', () => this.#end());
      } catch (error) {
        fail(error);
      }
    });
  }

  /** The next output, at most `limit` bytes; null at its end. */
  async read(limit: number, { clock, gatherMs, silenceMs }: ReadOptions): Promise<Uint8Array | null> {
    if (!(await this.#activity(1, clock, silenceMs))) return new Uint8Array(0);
    await this.#activity(limit, clock, gatherMs);
    if (this.#unreadBytes === 0) return null;
    const all = Buffer.concat(this.#unread);
    const piece = all.subarray(0, limit);
    this.#unread = piece.length < all.length ? [all.subarray(limit)] : [];
    this.#unreadBytes = all.length - piece.length;
    if (this.#unreadBytes < maxUnreadBytes) this.#flow(true);
    return piece;
  }

  /** Lets the rest of the output go unread: the process goes on. */
  ignore(): void {
    this.#isListening = false;
    this.#unread = [];
    this.#unreadBytes = 0;
    this.#flow(true);
  }

  kill(): void {
    if (this.#child?.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }

  /** Takes its files away. */
  discard(): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }

  #words({ Command, Args, Script }: RemoteExecJob): readonly string[] {
    if (Script === null) return Args ?? shell(Command);
    this.#folder = mkdtempSync(join(tmpdir(), 'rexec-'));
    const path = join(this.#folder, 'script');
    writeFileSync(path, Buffer.from(Script, 'base64'), { mode: 0o700 });
    return shell(path);
  }

  #take(chunk: Buffer): void {
    if (!this.#isListening) return;
    this.#unread.push(chunk);
    this.#unreadBytes += chunk.length;
    if (this.#unreadBytes >= maxUnreadBytes) this.#flow(false);
    this.#wake();
  }

  #end(): void {
    this.#isOver = true;
    this.#wake();
  }

  #flow(on: boolean): void {
    for (const stream of [this.#child?.stdout, this.#child?.stderr]) {
      if (on) stream?.resume();
      else stream?.pause();
    }
  }

  /** True when so many bytes are there, or no more will come; false when the time is over first. */
  #activity(bytes: number, clock: Clock, ms: number): Promise<boolean> {
    const isThere = (): boolean => this.#unreadBytes >= bytes || this.#isOver;
    if (isThere()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (result: boolean): void => {
        timer.cancel();
        this.#wake = () => {};
        resolve(result);
      };
      const timer = clock.after(ms, () => done(false));
      this.#wake = () => {
        if (isThere()) done(true);
      };
    });
  }
}

const shell = (line: string): string[] => [process.env['SHELL'] || '/bin/sh', '-c', line];
