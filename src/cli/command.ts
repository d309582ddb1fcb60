/**
 * The shape of a command: one definition, from which come the fast path (`run.ts`), the help, completion and the oclif
 * classes (`oclif.ts`). A command's file sits at its place in the tree (`commands/kv/get.ts`) and holds
 *
 *     export default defineCommand({ summary, usage: 'kv get [options] [KEY]', http: 'all', flags: {...}, async run({ args, flags, http, out }) {...} })
 *
 * It parses, calls the client and prints. Whatever is heavy (the agent, the dashboard, got) comes in by `import()` in
 * `run`: what a command's file imports at its top is loaded every time it starts.
 */
import type { ConsulHttp } from '../client/http.ts';
import type { Client } from '../client/index.ts';
import type { ClientOptions } from '../client/settings.ts';
import type { Flags, FlagValues } from './flags.ts';
import type { GivenFlag } from './go-flags.ts';
import type { Progress } from './progress.ts';

/** What a command may touch of the world. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** To stdout, as it is. */
  out(data: string | Uint8Array): void;
  /** To stderr, as it is. */
  err(text: string): void;
  /** All of stdin. */
  stdin(): Promise<Buffer>;
  /** Aborts on SIGINT and SIGTERM, which end the process no more once this was called. */
  interrupted(): AbortSignal;
  /** Keys as they are pressed on the terminal that stdin is, one character each, until `signal`; Ctrl-C interrupts. */
  keys(onKey: (key: string) => void, signal: AbortSignal): void;
  /** Whether somebody sits at the other end, who may be asked and shown things that move. */
  isTerminal(stream: 'stdin' | 'stdout' | 'stderr'): boolean;
}

export interface Context<F = Flags> extends Io {
  /** The words after the flags. */
  readonly args: readonly string[];
  readonly flags: FlagValues<F>;
  /** Flags as given, in order, for those whose order or presence counts. */
  readonly given: readonly GivenFlag[];
  /** One-shot client, of another agent with an `address`. Throws a `CliError` when address or TLS files are wrong. */
  http(address?: string): ConsulHttp;
  /** Client that keeps its connections, for commands that stay. */
  client(): Promise<Client>;
  /** The command's help text, for those that print it with an error. */
  help(): string;
  /** How to load every command, by its words. */
  readonly commands: CommandTable;
  /** What the flags and the environment say about the agent to ask. */
  clientOptions(): ClientOptions;
  /** Shows on a terminal that work goes on; nothing elsewhere. To be ended before anything else is printed. */
  progress(text: string): Progress;
  /** A yes or no from whoever sits there; undefined where nobody does, and a flag has to say it. */
  confirm(question: string): Promise<boolean | undefined>;
  /** Prints the error with what to do about it, for commands that go on after one. */
  tell(error: unknown): Promise<void>;
}

/** The exit code; nothing is 0. */
// biome-ignore lint/suspicious/noConfusingVoidType: a command that returns nothing succeeded
type Exit = number | void;

/** Command lines without the program's name, with a word on each. */
export type Examples = readonly (readonly [line: string, what: string])[];

/** Words of a command (`kv get`) -> how to load its definition. */
export type CommandTable = Readonly<Record<string, () => Promise<Command> | Command>>;

export interface Definition<F extends Flags> {
  /** One line for lists of commands. */
  readonly summary: string;
  /** Without the program's name: `kv get [options] [KEY_OR_PREFIX]`. */
  readonly usage: string;
  /** Paragraphs for the help; the summary when left out. */
  readonly description?: string;
  readonly examples?: Examples;
  readonly flags?: F;
  /** Talks to an agent: `agent` takes the connection flags, `all` also -datacenter and -stale. */
  readonly http?: 'agent' | 'all';
  /** The exit code for flags that are wrong; 1 when left out. */
  readonly badFlagsExit?: number;
  /** The help sets all flags apart: Consul's lists none of this command. */
  readonly flagsApart?: true;
  /** Flags may follow other words, which Consul's own commands do not take. */
  readonly flagsAnywhere?: true;
  /** Not for people: `usage` is a sentence that says so. */
  readonly internal?: true;
  /** Reads its words itself: they all arrive in `args`, help included, and no flags are parsed. */
  readonly raw?: true;
  run(context: Context<F>): Exit | Promise<Exit>;
}

export interface Command extends Definition<Flags> {
  readonly flags: Flags;
}

export function defineCommand<const F extends Flags = Record<never, never>>(definition: Definition<F>): Command {
  // The runner fills `flags` from the very table that F was inferred from.
  return { flags: {}, ...definition } as unknown as Command;
}

/** Thrown to end a command: the text goes to stderr with a newline, the code is the exit code. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

/** Puts a failed request in the command's words: `Error querying Consul agent: <why>`. */
export async function explain<T>(what: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    // By name: the client that threw may be of another bundle.
    if (error instanceof Error && error.name === 'ApiError') throw new CliError(`${what}: ${error.message}`, 1, error);
    throw error;
  }
}
