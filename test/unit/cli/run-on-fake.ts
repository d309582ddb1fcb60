/** Runs a command's definition against a Consul in memory and keeps what it printed. */
import type { Command, Io } from '../../../src/cli/command.ts';
import { runCommand } from '../../../src/cli/run.ts';
import type { Transport } from '../../../src/client/transport.ts';

export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly transport?: Transport;
  readonly signal?: AbortSignal;
  /** Gets what a key that is pressed is told to. */
  readonly press?: (onKey: (key: string) => void) => void;
  /** Streams that are a terminal; none when left out. */
  readonly terminal?: readonly ('stdin' | 'stdout' | 'stderr')[];
}

export async function run(command: Command, argv: readonly string[], given: Given = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const io: Io = {
    env: given.env ?? {},
    out: (data) => {
      out += typeof data === 'string' ? data : Buffer.from(data).toString();
    },
    err: (text) => {
      err += text;
    },
    stdin: async () => Buffer.from(given.stdin ?? ''),
    interrupted: () => given.signal ?? new AbortController().signal,
    keys: (onKey) => given.press?.(onKey),
    isTerminal: (stream) => given.terminal?.includes(stream) ?? false,
  };
  const { transport } = given;
  const exit = await runCommand(command, argv, io, transport ? { connect: () => transport } : {});
  return { exit, out, err };
}
