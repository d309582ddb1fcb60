/** Runs one command: flags, context, exit code, and what goes to stderr when it fails. */
import type { ApiError } from '../client/errors.ts';
import { consulHttp } from '../client/http.ts';
import { resolveSettings, type Settings } from '../client/settings.ts';
import type { Transport } from '../client/transport.ts';
import { nodeTransport } from '../client/transport-node.ts';
import { CliError, type Command, type CommandTable, type Context, type Io } from './command.ts';
import type { Flags } from './flags.ts';
import { type ParsedFlags, parseGoFlags } from './go-flags.ts';
import { commandHelp, flagList, nearest, wrap } from './help.ts';
import { clientOptions, httpFlags } from './http-flags.ts';
import { type Progress, startProgress } from './progress.ts';

/** What may be replaced: the network in tests; who knows all commands. */
export interface Surroundings {
  readonly connect?: (settings: Settings) => Transport;
  readonly commands?: CommandTable;
}

/** Never throws: errors become text on stderr and an exit code. */
export async function runCommand(
  command: Command,
  argv: readonly string[],
  io: Io,
  { connect = nodeTransport, commands = {} }: Surroundings = {},
): Promise<number> {
  const flags = { ...command.flags, ...httpFlags(command.http) };
  const parsed: ParsedFlags =
    command.raw === true
      ? { ok: true, values: {}, given: [], args: argv }
      : parseGoFlags(flags, argv, { anywhere: command.flagsAnywhere === true });
  if (!parsed.ok) {
    io.err(`${parsed.message}\n${flagList(flags)}`);
    const meant = parsed.unknown === undefined ? undefined : nearest(parsed.unknown, Object.keys(flags));
    if (meant !== undefined && io.isTerminal('stderr')) io.err(`\nDid you mean -${meant}?\n`);
    return command.badFlagsExit ?? 1;
  }
  const { values, given, args } = parsed;
  const hasToken = (): boolean => {
    const { token, tokenFile } = clientOptions(io, values);
    return Boolean(token || tokenFile);
  };
  let shown: Progress | undefined;
  // What is printed takes the place of the line that moves.
  const printing = <T>(print: (data: T) => void): ((data: T) => void) => {
    return (data) => {
      shown?.end();
      print(data);
    };
  };

  const connecting = <T>(step: () => T): T => {
    try {
      return step();
    } catch (error) {
      if (error instanceof Error && error.name === 'ApiError') {
        throw new CliError(`Error connecting to Consul agent: ${error.message}`, 1, error);
      }
      throw error;
    }
  };
  const context: Context = {
    env: io.env,
    out: printing((data) => io.out(data)),
    err: printing((text) => io.err(text)),
    stdin: () => io.stdin(),
    interrupted: () => io.interrupted(),
    keys: (onKey, signal) => io.keys(onKey, signal),
    isTerminal: (stream) => io.isTerminal(stream),
    progress(text) {
      shown?.end();
      shown = startProgress(io, text);
      return shown;
    },
    async confirm(question) {
      if (!io.isTerminal('stdin') || !io.isTerminal('stderr')) return undefined;
      shown?.end();
      const { askConfirmation } = await import('./prompts.ts');
      return askConfirmation(question);
    },
    async tell(error) {
      shown?.end();
      await report(error, io, hasToken);
    },
    args,
    given,
    flags: values as Context['flags'],
    help: () => commandHelp(command),
    commands,
    clientOptions: () => clientOptions(io, values),
    http: (address) =>
      connecting(() => {
        const options = clientOptions(io, values);
        const settings = resolveSettings(address === undefined ? options : { ...options, address });
        return consulHttp(settings, connect(settings));
      }),
    async client() {
      const options = clientOptions(io, values);
      // The settings are checked here so that a wrong one is told before anything is loaded.
      const settings = connecting(() => resolveSettings(options));
      const { createClient } = await import('../client/index.ts');
      return createClient(options, connect === nodeTransport ? undefined : connect(settings));
    },
  };

  try {
    return (await command.run(context)) ?? 0;
  } catch (error) {
    shown?.end();
    const exitCode = await report(error, io, hasToken);
    const late = args.find((word) => isFlag(word, flags));
    if (late !== undefined && io.isTerminal('stderr')) io.err(`Flags go before other words: ${late}\n`);
    return exitCode;
  } finally {
    shown?.end();
  }
}

const isFlag = (word: string, flags: Flags): boolean => {
  const [, name] = /^--?([a-z][^=]*)/.exec(word) ?? [];
  return name !== undefined && Object.hasOwn(flags, name);
};

/** User's fault: the message. Cluster's: the message with who said it. Ours: the stack, and what to do with it. */
export async function report(error: unknown, io: Io, hasToken: () => boolean = () => false): Promise<number> {
  if (error instanceof Error && error.name === 'CliError') {
    io.err(`${error.message}\n`);
    await advise(error.cause, io, hasToken);
    return (error as CliError).exitCode;
  }
  if (error instanceof Error && error.name === 'ApiError') {
    io.err(`Error: ${error.message}\n`);
    await advise(error, io, hasToken);
    return 1;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.err(`This is a bug in tc, please report it with these lines:\n${stack}\n`);
  return 1;
}

/** For people only: scripts match on the error as Consul would print it. */
async function advise(cause: unknown, io: Io, hasToken: () => boolean): Promise<void> {
  if (!(cause instanceof Error && cause.name === 'ApiError') || !io.isTerminal('stderr')) return;
  const { nextStep } = await import('./next-step.ts');
  const { fault, status, text } = cause as ApiError;
  const step = nextStep({ fault, status, text, hasToken: hasToken() });
  if (step !== undefined) io.err(`${wrap(step, '')}\n`);
}
