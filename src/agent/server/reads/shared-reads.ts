/**
 * Reads of local state, answered once for everybody who asks the same. An answer is kept until something it read
 * changes; until then the same question gets the very same object. Blocking queries wait on the kept answer, not on the store: ten
 * thousand watchers of one service are one read per change.
 */
import type { Clock, Random } from '../../../lib/runtime.ts';
import type { QueryMeta } from '../../../structs/common.ts';
import { errors } from '../../errors.ts';
import type { Answer } from '../../rpc/caller.ts';
import { type ReadIndex, resolveIndex, type State, type Store } from '../../state/store.ts';
import type { Reader, Unwatch, WatchSet } from '../../state/watches.ts';
import { Deadlines, type Expiring } from './deadlines.ts';

export interface ReadResult<R> {
  readonly index: ReadIndex;
  readonly reply: R;
}

/** A read as a pure function of the state. It names to `watch` whatever its result depends on. */
export type Read<R> = (state: State, watch: WatchSet) => ReadResult<R>;

/** A question: who asks the same gives the same key. */
export interface Question<R> {
  readonly key: string;
  readonly read: Read<R>;
  /** Roughly what an answer keeps in memory. */
  readonly sizeBytes: (reply: R) => number;
}

export interface Wait {
  /** Answers at this index or below are not news. */
  readonly minIndex: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface SharedReadsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether this server may answer from its state right now (it leads, within its lease). */
  readonly mayAnswer: () => boolean;
  readonly meta: (index: number) => QueryMeta;
  readonly maxAnswers?: number;
  readonly maxBytes?: number;
}

/** Waiters woken in one go before others get their turn: heartbeats share the event loop. */
const wakeSlice = 200;

/** One kept answer and those who wait for it to change. */
class SharedRead implements Reader {
  readonly question: Question<unknown>;
  readonly readIndex: ReadIndex;
  /** What `readIndex` was when `answer` was made. */
  index: number;
  /** Null when it was dropped for memory; then only the waiters are left. */
  answer: Answer<unknown> | null = null;
  readonly sizeBytes: number;
  readonly waiters = new Set<Waiter>();
  current = true;
  /** Asked since the last look of the evictor. */
  used = false;
  unwatch: Unwatch = () => {};
  readonly #onChange: (read: SharedRead) => void;

  constructor(
    question: Question<unknown>,
    readIndex: ReadIndex,
    index: number,
    sizeBytes: number,
    onChange: (read: SharedRead) => void,
  ) {
    this.question = question;
    this.readIndex = readIndex;
    this.index = index;
    this.sizeBytes = sizeBytes;
    this.#onChange = onChange;
  }

  changed(): void {
    if (this.current) this.#onChange(this);
  }
}

/** A blocking query that has not been answered yet. */
class Waiter implements Expiring {
  slotMs = 0;
  read: SharedRead;
  readonly minIndex: number;
  readonly resolve: (answer: Answer<unknown> | Promise<Answer<unknown>>) => void;
  readonly reject: (error: unknown) => void;
  /** Asks all over again, for when this server may no longer answer. */
  readonly again: () => Answer<unknown> | Promise<Answer<unknown>>;
  done = false;
  unlisten: (() => void) | null = null;
  readonly #onExpire: (waiter: Waiter) => void;

  constructor(
    read: SharedRead,
    minIndex: number,
    resolve: Waiter['resolve'],
    reject: Waiter['reject'],
    again: Waiter['again'],
    onExpire: (waiter: Waiter) => void,
  ) {
    this.read = read;
    this.minIndex = minIndex;
    this.resolve = resolve;
    this.reject = reject;
    this.again = again;
    this.#onExpire = onExpire;
  }

  expire(): void {
    this.#onExpire(this);
  }
}

export class SharedReads {
  readonly #options: SharedReadsOptions;
  readonly #maxAnswers: number;
  readonly #maxBytes: number;
  readonly #reads = new Map<string, SharedRead>();
  readonly #deadlines: Deadlines<Waiter>;
  #bytes = 0;
  #toWake: Waiter[] = [];
  #abandoned = new WeakSet<Waiter>();
  #waking = false;
  #stopped = false;

  constructor(options: SharedReadsOptions) {
    this.#options = options;
    this.#maxAnswers = options.maxAnswers ?? 8192;
    this.#maxBytes = options.maxBytes ?? 32 << 20;
    this.#deadlines = new Deadlines(options.clock);
  }

  /** Blocking queries that wait right now. */
  get waiting(): number {
    return this.#deadlines.size;
  }

  /** The kept answer to a question, if it is still current: the whole cost of a hot read. */
  kept(key: string): Answer<unknown> | null {
    const read = this.#reads.get(key);
    if (read === undefined) return null;
    read.used = true;
    if (typeof read.readIndex !== 'number') this.#refresh(read);
    return read.answer;
  }

  ask<R>(question: Question<R>): Answer<R> {
    const read = this.#find(question as Question<unknown>);
    const answer = this.#answerOf(read) as Answer<R>;
    this.#evict(read);
    return answer;
  }

  /** The answer as soon as its index is above `minIndex`; at the timeout whatever it is then. */
  askBeyond<R>(
    question: Question<R>,
    wait: Wait,
    again: () => Answer<R> | Promise<Answer<R>>,
  ): Answer<R> | Promise<Answer<R>> {
    const read = this.#find(question as Question<unknown>);
    if (read.index > wait.minIndex) return this.ask(question);
    if (this.#stopped) throw errors.shuttingDown();
    wait.signal?.throwIfAborted();
    return new Promise<Answer<R>>((resolve, reject) => {
      const waiter = new Waiter(read, wait.minIndex, resolve as Waiter['resolve'], reject, again, this.#expire);
      read.waiters.add(waiter);
      this.#deadlines.add(waiter, wait.timeoutMs + this.#options.random.float() * (wait.timeoutMs / 16));
      if (wait.signal !== undefined) this.#listen(waiter, wait.signal);
      this.#evict(read);
    });
  }

  /** Wakes who was touched by the commits so far. Call it once after a batch of them. */
  wake(): void {
    if (this.#toWake.length === 0 || this.#waking) return;
    this.#waking = true;
    this.#wakeSlice();
  }

  /** The state was replaced: every waiter gets what there is now, news or not. */
  abandon(): void {
    for (const read of [...this.#reads.values()]) {
      for (const waiter of read.waiters) this.#abandoned.add(waiter);
      read.changed();
    }
    for (const waiter of this.#toWake) this.#abandoned.add(waiter);
    this.wake();
  }

  /** This server may no longer answer as it did: waiters ask again, kept answers go. */
  interrupt(): void {
    for (const read of [...this.#reads.values()]) read.changed();
    this.wake();
  }

  stop(): void {
    this.#stopped = true;
    const waiters = [...this.#reads.values()].flatMap((read) => [...read.waiters]).concat(this.#toWake);
    for (const read of [...this.#reads.values()]) this.#drop(read);
    this.#toWake = [];
    this.#deadlines.clear();
    for (const waiter of waiters) this.#finish(waiter, () => waiter.reject(errors.shuttingDown()));
  }

  #find(question: Question<unknown>): SharedRead {
    const kept = this.#reads.get(question.key);
    if (kept !== undefined) {
      kept.used = true;
      this.#refresh(kept);
      return kept;
    }
    const read = this.#read(question);
    this.#reads.set(question.key, read);
    this.#bytes += read.sizeBytes;
    return read;
  }

  #read(question: Question<unknown>): SharedRead {
    const { store } = this.#options;
    // The watches need their reader before there is an answer; it is told nothing until this has returned.
    const reader: { read: SharedRead | null; changed(): void } = {
      read: null,
      changed() {
        this.read?.changed();
      },
    };
    const { result, unwatch } = store.watches.watch(reader, (watch) => question.read(store.state, watch));
    // An index of 0 would make the asker come back at once, for ever.
    const index = Math.max(1, resolveIndex(store.state, result.index));
    const sizeBytes = question.sizeBytes(result.reply) + 1024;
    const read = new SharedRead(question, result.index, index, sizeBytes, this.#onChange);
    read.answer = this.#present(read, result.reply);
    read.unwatch = unwatch;
    reader.read = read;
    return read;
  }

  #present(read: SharedRead, reply: unknown): Answer<unknown> {
    const { store, mayAnswer, meta } = this.#options;
    const { index, readIndex } = read;
    const isCurrent =
      typeof readIndex === 'number'
        ? () => read.current && mayAnswer()
        : () => read.current && mayAnswer() && Math.max(1, resolveIndex(store.state, readIndex)) === index;
    return { reply, meta: meta(index), isCurrent };
  }

  /** The reply stands, but its index may have moved with its tables. */
  #refresh(read: SharedRead): void {
    if (typeof read.readIndex === 'number') return;
    const index = Math.max(1, resolveIndex(this.#options.store.state, read.readIndex));
    if (index === read.index) return;
    read.index = index;
    if (read.answer !== null) read.answer = this.#present(read, read.answer.reply);
  }

  /** What was dropped for memory is read again; its index is the same, or it would not be current. */
  #answerOf(read: SharedRead): Answer<unknown> {
    if (read.answer !== null) return read.answer;
    const fresh = this.#read(read.question);
    fresh.unwatch();
    fresh.current = false;
    return fresh.answer as Answer<unknown>;
  }

  readonly #onChange = (read: SharedRead): void => {
    this.#drop(read);
    for (const waiter of read.waiters) this.#toWake.push(waiter);
  };

  #drop(read: SharedRead): void {
    read.current = false;
    read.unwatch();
    if (this.#reads.get(read.question.key) !== read) return;
    this.#reads.delete(read.question.key);
    if (read.answer !== null) this.#bytes -= read.sizeBytes;
  }

  /** Second chance: the oldest goes unless it was asked since it was last looked at. */
  #evict(newest: SharedRead): void {
    if (this.#reads.size <= this.#maxAnswers && this.#bytes <= this.#maxBytes) return;
    for (const [key, read] of this.#reads) {
      if (this.#reads.size <= this.#maxAnswers && this.#bytes <= this.#maxBytes) return;
      if (read === newest) {
        // Too large to keep.
        if (this.#bytes > this.#maxBytes) this.#forget(key, read);
        return;
      }
      if (read.used) {
        read.used = false;
        this.#reads.delete(key);
        this.#reads.set(key, read);
      } else this.#forget(key, read);
    }
  }

  /** Lets go of an answer; the read itself stays while somebody waits on it. */
  #forget(key: string, read: SharedRead): void {
    if (read.answer !== null) this.#bytes -= read.sizeBytes;
    if (read.waiters.size === 0) {
      this.#reads.delete(key);
      read.current = false;
      read.unwatch();
      return;
    }
    read.answer = null;
    this.#reads.delete(key);
    this.#reads.set(key, read);
  }

  #wakeSlice(): void {
    const slice = this.#toWake.length <= wakeSlice ? this.#toWake : this.#toWake.slice(0, wakeSlice);
    this.#toWake = slice === this.#toWake ? [] : this.#toWake.slice(wakeSlice);
    for (const waiter of slice) if (!waiter.done) this.#retry(waiter);
    if (this.#toWake.length === 0) this.#waking = false;
    else this.#options.clock.after(0, () => this.#wakeSlice());
  }

  #retry(waiter: Waiter): void {
    if (!this.#options.mayAnswer()) {
      this.#finish(waiter, () => waiter.resolve(ofPromise(waiter.again)));
      return;
    }
    let read: SharedRead;
    try {
      read = this.#find(waiter.read.question);
    } catch (error) {
      this.#finish(waiter, () => waiter.reject(error));
      return;
    }
    if (read.index > waiter.minIndex || this.#abandoned.has(waiter)) {
      this.#finish(waiter, () => waiter.resolve(this.#answerOf(read)));
      return;
    }
    waiter.read.waiters.delete(waiter);
    waiter.read = read;
    read.waiters.add(waiter);
    this.#evict(read);
  }

  readonly #expire = (waiter: Waiter): void => {
    if (waiter.done) return;
    const { read } = waiter;
    this.#finish(waiter, () => {
      // What a pending wake-up was about to tell is told now.
      waiter.resolve(ofPromise(() => this.#answerOf(this.#find(read.question))));
    });
  };

  #finish(waiter: Waiter, settle: () => void): void {
    if (waiter.done) return;
    waiter.done = true;
    this.#deadlines.remove(waiter);
    waiter.unlisten?.();
    settle();
    const { read } = waiter;
    read.waiters.delete(waiter);
    if (read.waiters.size === 0 && read.answer === null) this.#drop(read);
  }

  #listen(waiter: Waiter, signal: AbortSignal): void {
    const onAbort = (): void => this.#finish(waiter, () => waiter.reject(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    waiter.unlisten = () => signal.removeEventListener('abort', onAbort);
  }
}

/** The result, or the rejection, of something that may throw. */
function ofPromise<T>(run: () => T | Promise<T>): T | Promise<T> {
  try {
    return run();
  } catch (error) {
    return Promise.reject(error);
  }
}
