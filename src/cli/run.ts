/** Runs one command: flags, context, exit code, and what goes to stderr when it fails. */
import { consulHttp } from '../client/http.ts';
import { resolveSettings, type Settings } from '../client/settings.ts';
import type { Transport } from '../client/transport.ts';
import { nodeTransport } from '../client/transport-node.ts';
import { CliError, type Command, type Context, type Io } from './command.ts';
import { type ParsedFlags, parseGoFlags } from './go-flags.ts';
import { commandHelp, flagList } from './help.ts';
import { clientOptions, httpFlags } from './http-flags.ts';

/** What may be replaced: the network in tests; who knows all commands. */
export interface Surroundings {
  readonly connect?: (settings: Settings) => Transport;
  readonly allCommands?: Context['allCommands'];
}

/** Never throws: errors become text on stderr and an exit code. */
export async function runCommand(
  command: Command,
  argv: readonly string[],
  io: Io,
  { connect = nodeTransport, allCommands = async () => ({}) }: Surroundings = {},
): Promise<number> {
  const flags = { ...command.flags, ...httpFlags(command.http) };
  const parsed: ParsedFlags =
    command.raw === true ? { ok: true, values: {}, given: [], args: argv } : parseGoFlags(flags, argv);
  if (!parsed.ok) {
    io.err(`${parsed.message}\n${flagList(flags)}`);
    return command.badFlagsExit ?? 1;
  }
  const { values, given, args } = parsed;

  const connecting = <T>(step: () => T): T => {
    try {
      return step();
    } catch (error) {
      if (error instanceof Error && error.name === 'ApiError') {
        throw new CliError(`Error connecting to Consul agent: ${error.message}`);
      }
      throw error;
    }
  };
  const context: Context = {
    env: io.env,
    out: (data) => io.out(data),
    err: (text) => io.err(text),
    stdin: () => io.stdin(),
    interrupted: () => io.interrupted(),
    args,
    given,
    flags: values as Context['flags'],
    help: () => commandHelp(command),
    allCommands,
    clientOptions: () => clientOptions(io, values),
    http: () =>
      connecting(() => {
        const settings = resolveSettings(clientOptions(io, values));
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
    return report(error, io);
  }
}

/** User's fault: the message. Cluster's: the message with who said it. Ours: the stack, and what to do with it. */
export function report(error: unknown, io: Io): number {
  if (error instanceof Error && error.name === 'CliError') {
    io.err(`${error.message}\n`);
    return (error as CliError).exitCode;
  }
  if (error instanceof Error && error.name === 'ApiError') {
    io.err(`Error: ${error.message}\n`);
    return 1;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.err(`This is a bug in tc, please report it with these lines:\n${stack}\n`);
  return 1;
}
