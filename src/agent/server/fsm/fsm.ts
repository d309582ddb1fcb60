/** The replicated state machine: log entries in, store changed. */
import type { Clock } from '../../../lib/runtime.ts';
import { type Command, type CommandName, decodeCommand } from '../../../structs/commands.ts';
import type { Fsm, FsmSnapshot, LogEntry } from '../../raft/api.ts';
import { freeze, type Store } from '../../state/store.ts';
import type { Logger, Metrics } from '../../telemetry/api.ts';
import { applyCommand } from './apply.ts';
import { Chunks, parseChunkInfo } from './chunks.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';

export interface FsmOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** After every batch. */
  readonly onApplied: () => void;
  /** The whole state was replaced. */
  readonly onRestored: () => void;
}

/** Thrown for a log that this version cannot follow: going on would let the servers drift apart. */
export class FsmError extends Error {
  override readonly name = 'FsmError';
}

/** Names of the metrics, where they differ from the command's. */
const metricNames: Partial<Record<CommandName, string>> = { kv: 'kvs', preparedQuery: 'prepared-query' };

export function createFsm(options: FsmOptions): Fsm {
  const { store, clock, logger, metrics } = options;
  const chunks = new Chunks();
  const timings = new Map<CommandName, (ms: number) => void>();

  const timingOf = (name: CommandName): ((ms: number) => void) => {
    let timing = timings.get(name);
    if (timing === undefined) {
      timing = metrics.sample(`fsm.${metricNames[name] ?? name}`);
      timings.set(name, timing);
    }
    return timing;
  };

  const decode = (data: Uint8Array): Command | null => {
    const command = decodeCommand(data);
    if (command.name !== 'unknown') return command;
    if (!command.ignorable) throw new FsmError(`failed to apply request: unknown message type ${command.type}`);
    logger.warn('ignoring unknown message type, upgrade to newer version', { type: command.type });
    return null;
  };

  /** The command an entry carries or completes; null when there is nothing to do yet. */
  const commandOf = (entry: LogEntry): Command | null => {
    if (entry.extensions !== null && entry.extensions.length > 0) {
      const info = parseChunkInfo(entry.extensions);
      if (info === null) throw new FsmError(`entry ${entry.index} has unreadable chunking information`);
      // Pieces are kept: the entry's buffer may be a view on something large.
      const whole = chunks.add({ ...info, term: entry.term, data: entry.data.slice() });
      return whole === null ? null : decode(whole);
    }
    return (entry.decoded as Command | undefined) ?? decode(entry.data);
  };

  const applyEntry = (entry: LogEntry): unknown => {
    const command = commandOf(entry);
    if (command === null) return null;
    const startMs = clock.nowMs();
    const result = applyCommand(store, entry.index, command);
    timingOf(command.name)(clock.nowMs() - startMs);
    return result;
  };

  return {
    apply(entries) {
      const results = entries.map(applyEntry);
      options.onApplied();
      return results;
    },
    snapshot(): FsmSnapshot {
      const state = freeze(store.state);
      const pieces = chunks.all();
      // Nothing to release: the trees are let go with the object.
      return { write: () => writeSnapshot(state, pieces, clock.nowMs), release() {} };
    },
    async restore(stream) {
      const restored = await readSnapshot(stream, clock.nowMs);
      store.replace(restored.state);
      chunks.replace(restored.chunks);
      options.onRestored();
    },
  };
}
