/**
 * An agent's log at a level that changes while it is read. The next stream begins before the last one ends, so that no
 * line is lost between them; what both bring is given once.
 */

/** Resolves when the stream stands; the pieces hold whole and partial lines. */
export type OpenLog = (level: string, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;

/** How long both streams run: what was logged before the second stood may still be under way in the first. */
const overlapMs = 250;

export class LiveLog {
  readonly #open: OpenLog;
  readonly #out: (text: string) => void;
  readonly #signal: AbortSignal;
  #current = new AbortController();
  /** Lines given while two streams run. */
  #given: Set<string> | null = null;
  #changing: Promise<void> = Promise.resolve();
  #end!: (error?: unknown) => void;
  /** Resolves when the agent ended the log, or `signal` did. Rejects when it broke. */
  readonly ended: Promise<void>;

  constructor(open: OpenLog, out: (text: string) => void, signal: AbortSignal) {
    this.#open = open;
    this.#out = out;
    this.#signal = signal;
    this.ended = new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined || signal.aborted ? resolve() : reject(error));
    });
  }

  /** Begins. Resolves when the stream stands. */
  async open(level: string): Promise<void> {
    void this.#follow(await this.#open(level, this.#signalOf(this.#current)), this.#current);
  }

  /** Resolves when only lines of this level come. Rejects when the agent refuses; the level before stays then. */
  change(level: string): Promise<void> {
    const change = this.#changing.then(() => this.#change(level));
    this.#changing = change.catch(() => {});
    return change;
  }

  async #change(level: string): Promise<void> {
    const before = this.#current;
    const next = new AbortController();
    const log = await this.#open(level, this.#signalOf(next));
    this.#given = new Set();
    this.#current = next;
    void this.#follow(log, next);
    await new Promise<void>((resolve) => setTimeout(resolve, overlapMs));
    before.abort();
    this.#given = null;
  }

  #signalOf(stream: AbortController): AbortSignal {
    return AbortSignal.any([this.#signal, stream.signal]);
  }

  async #follow(log: AsyncIterable<Uint8Array>, stream: AbortController): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for await (const chunk of log) {
        const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#give(`${line}\n`);
      }
      if (rest !== '') this.#out(rest);
      if (stream === this.#current) this.#end();
    } catch (error) {
      if (stream === this.#current) this.#end(error);
    }
  }

  #give(line: string): void {
    if (this.#given?.has(line)) return;
    this.#given?.add(line);
    this.#out(line);
  }
}
