/**
 * Virtual time. Events run one by one in the order of their time; between two of them every promise that can settle does. A
 * process that crashes takes its timers with it, and whatever it was waiting for never comes.
 */
import type { Clock, Runtime } from '../../src/lib/runtime.ts';
import { EventQueue } from './event-queue.ts';
import { hashText, Stream } from './prng.ts';

interface Event {
  atMs: number;
  readonly process: Process | null;
  readonly run: () => void;
  cancelled: boolean;
  /** Who asked for it; known while events are printed. */
  readonly by: string | undefined;
}

export class World {
  readonly seed: number;
  nowMs = 0;
  /** Hash over everything that was traced: equal for equal seeds, or something is not deterministic. */
  traceHash = 0x811c9dc5;
  readonly sometimes = new Map<string, number>();
  /** Called after each event, when all that it set off has settled. */
  afterEvent: (() => void) | null = null;
  readonly #events = new EventQueue<Event>();
  readonly #print: ((line: string) => void) | null;

  constructor(seed: number, print: ((line: string) => void) | null = null) {
    this.seed = seed;
    this.#print = print;
  }

  stream(name: string): Stream {
    return new Stream(this.seed, name);
  }

  /** One line about something that happened. */
  trace(line: string): void {
    const stamped = `${this.nowMs.toFixed(3)} ${line}`;
    this.traceHash = hashText(stamped, this.traceHash);
    this.#print?.(stamped);
  }

  /** Counts a situation that a good campaign of seeds must reach now and then. */
  sometime(situation: string): void {
    this.sometimes.set(situation, (this.sometimes.get(situation) ?? 0) + 1);
  }

  after(delayMs: number, run: () => void, process: Process | null = null): Event {
    const event: Event = {
      atMs: this.nowMs + Math.max(0, delayMs),
      process,
      run,
      cancelled: false,
      by: this.#print === null ? undefined : new Error().stack?.split('\n').slice(3, 7).join('\n'),
    };
    this.#events.push(event);
    return event;
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Timers and other things a process still waits for, with who asked for them while events are printed. */
  waitingOf(process: Process): string[] {
    const left = this.#events.all((event) => event.process === process && !event.cancelled);
    return left.map(({ atMs, by }) => `at ${atMs.toFixed(0)}${by === undefined ? '' : ` by\n${by}`}`);
  }

  /** Runs until `done` says so, `untilMs` has come, or nothing is left to happen. */
  async run(done: () => boolean, untilMs: number): Promise<void> {
    await settle();
    while (!done()) {
      const event = this.#events.next;
      if (!event || event.atMs > untilMs) return;
      this.#events.pop();
      if (event.cancelled || event.process?.alive === false) continue;
      if (event.process && event.process.pausedUntilMs > event.atMs) {
        // Stopped by its machine: it comes when the process goes on.
        event.atMs = event.process.pausedUntilMs;
        this.#events.push(event);
        continue;
      }
      this.nowMs = event.atMs;
      event.run();
      await settle();
      this.afterEvent?.();
    }
  }
}

/** A real turn of the event loop: all promises that can settle have done so then. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One life of a process, from start to crash. */
export class Process {
  readonly name: string;
  readonly world: World;
  alive = true;
  /** Nothing of this process happens before. */
  pausedUntilMs = 0;
  /** How far its wall clock is off. */
  wallOffsetMs = 0;
  readonly runtime: Runtime;
  /** Came while it was paused. */
  #held: (() => void)[] = [];

  /** @param rate how fast its clock goes: 1.02 gains 2 % */
  constructor(world: World, name: string, rate = 1) {
    this.world = world;
    this.name = name;
    // Not before its time on this clock, whatever rounding does.
    const inWorld = (delayMs: number): number => (rate === 1 ? delayMs : Math.ceil((delayMs / rate) * 1000 + 1) / 1000);
    const clock: Clock = {
      wallMs: () => 1_700_000_000_000 + Math.floor(world.nowMs) + this.wallOffsetMs,
      nowMs: () => world.nowMs * rate,
      after: (delayMs, fn) => {
        const event = world.after(inWorld(delayMs), fn, this);
        return {
          cancel: () => {
            event.cancelled = true;
          },
        };
      },
    };
    this.runtime = { clock, random: world.stream(`process ${name}`) };
  }

  crash(): void {
    this.alive = false;
    this.#held = [];
  }

  /** Runs what came from outside: now, or when the process goes on, in the order in which it came; never in a dead one. */
  deliver(run: () => void): void {
    if (!this.alive) return;
    if (this.#held.length === 0 && this.pausedUntilMs <= this.world.nowMs) {
      run();
      return;
    }
    this.#held.push(run);
    if (this.#held.length === 1) this.#release();
  }

  /** The pause may have become longer by then. */
  #release(): void {
    this.world.after(this.pausedUntilMs - this.world.nowMs, () => {
      if (this.pausedUntilMs > this.world.nowMs) this.#release();
      else {
        this.#held[0]?.();
        this.#held.shift();
        if (this.#held.length > 0) this.#release();
      }
    });
  }

  /** Resolves after `delayMs`, unless the process is dead by then: then never. */
  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.world.after(delayMs, resolve, this));
  }
}
