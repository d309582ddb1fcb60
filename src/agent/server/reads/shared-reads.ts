/**
 * Reads of local state, answered once for everybody who asks the same. An answer is kept until something it read
 * changes; until then the same question gets the very same object. Blocking queries wait on the kept answer, not on the
 * store: ten thousand watchers of one service are one read per change.
 */
import type { Clock, MaybePromise, Random } from '../../../lib/runtime.ts';
import type { QueryMeta } from '../../../structs/common.ts';
import { errors } from '../../errors.ts';
import type { Answer } from '../../rpc/caller.ts';
import { type ReadIndex, resolveIndex, type State, type Store } from '../../state/store.ts';
import type { Reader, Watch, WatchSet } from '../../state/watches.ts';
import { Deadlines } from './deadlines.ts';
import { Waiter } from './waiter.ts';

export interface ReadResult<R> {
  readonly index: ReadIndex;
  readonly reply: R;
}

/** A question: who asks the same gives the same key. */
export interface Question<R> {
  readonly key: string;
  /**
   * Names to `watch` whatever the result depends on, before it returns. One too large for one go of the event loop takes a
   * copy of its tables (O(1)) and returns a promise.
   */
  readonly read: (state: State, watch: WatchSet) => MaybePromise<ReadResult<R>>;
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
  readonly store: Pick<Store, 'state' | 'watches'>;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether this server may answer from its state right now (it leads, within its lease). */
  readonly mayAnswer: () => boolean;
  readonly meta: (index: number) => QueryMeta;
  readonly maxAnswers?: number;
  readonly maxBytes?: number;
  /** Calls `fn` after the events at hand are handled. Default: setImmediate. */
  readonly nextTurn?: (fn: () => void) => void;
}

/** Waiters woken in one go before others get their turn: their next questions, and the memory they leave, cost as much again. */
const wakeSlice = 32;

/** One kept answer and those who wait for it to change. */
export class SharedRead implements Reader {
  readonly question: Question<unknown>;
  watched: Watch[] = [];
  /** Until the first answer is there. Rejects, for everybody, with what the read failed with. */
  pending: Promise<void> | null = null;
  readIndex: ReadIndex = 0;
  /** What `readIndex` was when `answer` was made. */
  index = 1;
  /** Null when it was dropped for memory; then only the waiters are left. */
  answer: Answer<unknown> | null = null;
  sizeBytes = 0;
  waiters: Set<Waiter> | null = null;
  current = true;
  /** Asked since the last look of the evictor. */
  used = false;
  readonly #onChange: (read: SharedRead) => void;

  constructor(question: Question<unknown>, onChange: (read: SharedRead) => void) {
    this.question = question;
    this.#onChange = onChange;
  }

  get hasWaiters(): boolean {
    return this.waiters !== null && this.waiters.size > 0;
  }

  changed(): void {
    if (this.current) this.#onChange(this);
  }
}

export class SharedReads {
  readonly #options: SharedReadsOptions;
  readonly #maxAnswers: number;
  readonly #maxBytes: number;
  readonly #reads = new Map<string, SharedRead>();
  readonly #deadlines: Deadlines<Waiter>;
  readonly #nextTurn: (fn: () => void) => void;
  #bytes = 0;
  #toWake: Waiter[] = [];
  #waking = false;
  /** Counts replacements of the state. */
  #generation = 0;
  #stopped = false;

  constructor(options: SharedReadsOptions) {
    this.#options = options;
    this.#maxAnswers = options.maxAnswers ?? 8192;
    this.#maxBytes = options.maxBytes ?? 32 << 20;
    this.#deadlines = new Deadlines(options.clock);
    this.#nextTurn = options.nextTurn ?? setImmediate;
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

  ask<R>(question: Question<R>): MaybePromise<Answer<R>> {
    const read = this.#find(question as Question<unknown>);
    if (read.pending !== null) return read.pending.then(() => this.#answerOf(read) as Promise<Answer<R>>);
    const answer = this.#answerOf(read) as MaybePromise<Answer<R>>;
    this.#evict(read);
    return answer;
  }

  /** The answer as soon as its index is above `minIndex`; at the timeout whatever it is then. */
  askBeyond<R>(question: Question<R>, wait: Wait, again: () => MaybePromise<Answer<R>>): MaybePromise<Answer<R>> {
    const read = this.#find(question as Question<unknown>);
    if (read.pending === null && read.index > wait.minIndex) return this.ask(question);
    if (this.#stopped) throw errors.shuttingDown();
    wait.signal?.throwIfAborted();
    return new Promise<Answer<R>>((resolve, reject) => {
      const waiter = new Waiter(
        wait.minIndex,
        this.#generation,
        read,
        resolve as Waiter['resolve'],
        reject,
        again,
        this.#expire,
      );
      this.#deadlines.add(waiter, wait.timeoutMs + this.#options.random.float() * (wait.timeoutMs / 16));
      if (wait.signal !== undefined) this.#listen(waiter, wait.signal);
      this.#attach(waiter, read);
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
    this.#generation++;
    this.#changeAll();
    this.wake();
  }

  /** This server may no longer answer as it did: waiters ask again, kept answers go. */
  interrupt(): void {
    this.#changeAll();
    this.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#changeAll();
    const waiters = this.#toWake;
    this.#toWake = [];
    for (const waiter of waiters) this.#finish(waiter, () => waiter.reject(errors.shuttingDown()));
    this.#deadlines.clear();
  }

  #changeAll(): void {
    for (const read of [...this.#reads.values()]) read.changed();
  }

  #find(question: Question<unknown>): SharedRead {
    const kept = this.#reads.get(question.key);
    if (kept !== undefined) {
      kept.used = true;
      this.#refresh(kept);
      return kept;
    }
    const read = new SharedRead(question, this.#onChange);
    this.#run(read);
    this.#reads.set(question.key, read);
    this.#bytes += read.sizeBytes;
    return read;
  }

  #run(read: SharedRead): void {
    const { store } = this.#options;
    const result = store.watches.watch(read, (watch) => read.question.read(store.state, watch));
    if (!(result instanceof Promise)) {
      this.#fill(read, result);
      return;
    }
    read.pending = result.then(
      (late) => {
        read.pending = null;
        this.#fill(read, late);
        if (this.#reads.get(read.question.key) !== read) return;
        this.#bytes += read.sizeBytes;
        this.#evict(read);
      },
      (error) => {
        this.#drop(read);
        throw error;
      },
    );
    // Whoever waits for it sees the error; nobody has to.
    read.pending.catch(() => {});
  }

  #fill(read: SharedRead, { index, reply }: ReadResult<unknown>): void {
    read.readIndex = index;
    read.index = this.#resolve(index);
    read.sizeBytes = read.question.sizeBytes(reply) + 1024;
    read.answer = this.#present(read, reply);
  }

  /** An index of 0 would make the asker come back at once, for ever. */
  #resolve(index: ReadIndex): number {
    return Math.max(1, resolveIndex(this.#options.store.state, index));
  }

  #present(read: SharedRead, reply: unknown): Answer<unknown> {
    const { mayAnswer, meta } = this.#options;
    const { index, readIndex } = read;
    const isUnchanged =
      typeof readIndex === 'number' ? () => read.current : () => read.current && this.#resolve(readIndex) === index;
    return { reply, meta: meta(index), isUnchanged, isCurrent: () => isUnchanged() && mayAnswer() };
  }

  /** The reply stands, but its index may have moved with its tables. */
  #refresh(read: SharedRead): void {
    if (typeof read.readIndex === 'number') return;
    const index = this.#resolve(read.readIndex);
    if (index === read.index) return;
    read.index = index;
    if (read.answer !== null) read.answer = this.#present(read, read.answer.reply);
  }

  /** What was dropped for memory is read again. */
  #answerOf(read: SharedRead): MaybePromise<Answer<unknown>> {
    if (read.answer !== null) return read.answer;
    const fresh = new SharedRead(read.question, () => {});
    this.#run(fresh);
    this.#options.store.watches.unwatch(fresh);
    fresh.current = false;
    const done = (): Answer<unknown> => fresh.answer as Answer<unknown>;
    return fresh.pending === null ? done() : fresh.pending.then(done);
  }

  readonly #onChange = (read: SharedRead): void => {
    this.#drop(read);
    if (read.waiters !== null) for (const waiter of read.waiters) this.#toWake.push(waiter);
  };

  #drop(read: SharedRead): void {
    read.current = false;
    this.#options.store.watches.unwatch(read);
    if (this.#reads.get(read.question.key) !== read) return;
    this.#reads.delete(read.question.key);
    if (read.answer !== null) this.#bytes -= read.sizeBytes;
  }

  /**
   * Second chance: the oldest goes unless it was asked since it was last looked at. A sixteenth goes at once: the way to the
   * oldest is long in a map whose oldest are deleted one by one.
   */
  #evict(newest: SharedRead): void {
    if (this.#reads.size <= this.#maxAnswers && this.#bytes <= this.#maxBytes) return;
    const enough = this.#maxAnswers - (this.#maxAnswers >>> 4);
    for (const [key, read] of this.#reads) {
      if (this.#reads.size <= enough && this.#bytes <= this.#maxBytes) return;
      if (read === newest) {
        // Too large to keep.
        if (this.#bytes > this.#maxBytes) this.#forget(read);
        return;
      }
      if (read.used && read.sizeBytes <= this.#maxBytes) {
        read.used = false;
        this.#reads.delete(key);
        this.#reads.set(key, read);
      } else this.#forget(read);
    }
  }

  /** Lets go of an answer; the read itself stays while it is under way, or somebody waits on it. */
  #forget(read: SharedRead): void {
    if (read.pending !== null) return;
    if (!read.hasWaiters) {
      this.#drop(read);
      return;
    }
    if (read.answer !== null) this.#bytes -= read.sizeBytes;
    read.answer = null;
    this.#reads.delete(read.question.key);
    this.#reads.set(read.question.key, read);
  }

  #wakeSlice(): void {
    const slice = this.#toWake.length <= wakeSlice ? this.#toWake : this.#toWake.slice(0, wakeSlice);
    this.#toWake = slice === this.#toWake ? [] : this.#toWake.slice(wakeSlice);
    for (const waiter of slice) this.#retry(waiter);
    if (this.#toWake.length === 0) this.#waking = false;
    else this.#nextTurn(() => this.#wakeSlice());
  }

  #retry(waiter: Waiter): void {
    if (waiter.done) return;
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
    this.#attach(waiter, read);
  }

  /** Answers the waiter from a read if that is news, else lets it wait for the next change. */
  #attach(waiter: Waiter, read: SharedRead): void {
    if (read.pending !== null) {
      read.pending.then(
        () => this.#attach(waiter, read),
        (error) => this.#finish(waiter, () => waiter.reject(error)),
      );
      return;
    }
    if (waiter.done) return;
    if (read.index > waiter.minIndex || waiter.generation !== this.#generation) {
      this.#finish(waiter, () => waiter.resolve(this.#answerOf(read)));
    } else if (read.current) {
      waiter.read.waiters?.delete(waiter);
      waiter.read = read;
      read.waiters ??= new Set();
      read.waiters.add(waiter);
    } else this.#retry(waiter);
    this.#evict(read);
  }

  readonly #expire = (waiter: Waiter): void => {
    this.#finish(waiter, () => waiter.resolve(ofPromise(() => this.ask(waiter.read.question))));
  };

  #finish(waiter: Waiter, settle: () => void): void {
    if (waiter.done) return;
    waiter.done = true;
    this.#deadlines.remove(waiter);
    waiter.unlisten?.();
    settle();
    const { read } = waiter;
    read.waiters?.delete(waiter);
    // Nobody waits any more on what is not kept otherwise.
    if (!read.hasWaiters && read.answer === null && read.pending === null && read.current) this.#drop(read);
  }

  #listen(waiter: Waiter, signal: AbortSignal): void {
    const onAbort = (): void => this.#finish(waiter, () => waiter.reject(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    waiter.unlisten = () => signal.removeEventListener('abort', onAbort);
  }
}

/** The result, or the rejection, of something that may throw. */
function ofPromise<T>(run: () => MaybePromise<T>): MaybePromise<T> {
  try {
    return run();
  } catch (error) {
    return Promise.reject(error);
  }
}
