/** What a Raft server is made of, and what its transport needs of it. */
import type { Runtime } from '../../lib/runtime.ts';
import type { Logger, Metrics } from '../telemetry/api.ts';
import type { Configuration, Fsm, Raft } from './api.ts';
import type { InstallSnapshot, Message } from './core/messages.ts';
import type { Timings } from './core/timings.ts';
import type { RaftStorage } from './storage.ts';

export interface RaftOptions {
  /** Node id and RPC address of this server. */
  readonly id: string;
  readonly address: string;
  readonly storage: RaftStorage;
  readonly fsm: Fsm;
  readonly runtime: Runtime;
  /** The engine logs as `raft`, below this. */
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** First entry of an empty log; null = wait until a leader sends one. Ignored when there is any state. */
  readonly bootstrap: Configuration | null;
  readonly timings: Timings;
  readonly snapshotIntervalMs: number;
  /** Entries since the last snapshot that make a new one worth while. */
  readonly snapshotThreshold: number;
  /** Entries kept behind a snapshot, for followers that are a little late. */
  readonly trailingLogs: number;
  /** Carries messages to other servers. A server alone needs none. */
  readonly transport?: Transport;
  /** Ask before campaigning; only among servers that know the question. */
  readonly preVote?: boolean;
  /** Called once when the node had to stop: a broken invariant, or a state machine that threw. */
  readonly onFatal?: (error: Error) => void;
  /** Calls `fn` after the events at hand are handled. Default: setImmediate. */
  readonly nextTurn?: (fn: () => void) => void;
}

export interface Transport {
  send(message: Message): void;
}

/** What a transport needs of the engine, beside what the owner sees. */
export interface RaftNode extends Raft {
  receive(message: Message): void;
  /** A snapshot comes in: the bytes beside the request. Always reads the stream to its end. */
  receiveSnapshot(request: InstallSnapshot, stream: AsyncIterable<Uint8Array>): Promise<void>;
  unreachable(id: string): void;
  /** The leader's address refuses connections: its process is gone, as far as can be seen. */
  leaderGone(id: string): void;
}
