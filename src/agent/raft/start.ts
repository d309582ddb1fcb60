/** From what is on disk to a core that can be stepped: snapshot into the state machine, log behind it. */
import type { Logger } from '../telemetry/api.ts';
import { entryTypes, type LogEntry } from './api.ts';
import { configurationCodec } from './configuration-codec.ts';
import { configurationFault } from './core/configuration.ts';
import { RaftCore } from './core/core.ts';
import type { HardState, SnapshotPoint } from './core/effects.ts';
import type { TermRun } from './core/log-view.ts';
import { CorruptStorage } from './errors.ts';
import { addContents, type LogStore } from './log-store.ts';
import type { RaftOptions } from './options.ts';
import { recover } from './recovery.ts';

export async function startCore(options: RaftOptions, logger: Logger): Promise<RaftCore> {
  const { storage, runtime } = options;
  const { store } = storage;
  const { recovery = null } = storage;
  let snapshot = await restoreNewest(options, logger);
  const { runs, configurations } = store.contents();
  let contents = { runs: [...runs], configurations: [...configurations] };
  if (snapshot && !goesOnFrom(snapshot, store, runs)) {
    // The snapshot came from elsewhere; a crash came before the log was dropped.
    await store.reset(snapshot.index);
    contents = { runs: [], configurations: [] };
  }
  if (store.firstIndex > (snapshot?.index ?? 0) + 1) {
    throw new CorruptStorage(
      store.place,
      `the log begins at ${store.firstIndex}, and no snapshot holds what was before`,
    );
  }
  if (recovery) {
    await recover(options, recovery, logger);
    contents = { runs: [], configurations: [] };
    snapshot = await restoreNewest(options, logger);
  }
  const isEmpty = !snapshot && store.lastIndex === 0 && store.hardState.term === 0;
  if (isEmpty && options.bootstrap) await bootstrap(options, contents);
  return new RaftCore(
    {
      self: { id: options.id, address: options.address },
      timings: options.timings,
      random: runtime.random,
      wallMs: runtime.clock.wallMs,
      preVote: options.preVote ?? false,
    },
    configurationCodec,
    {
      hardState: hardStateOf(store, snapshot),
      extent: { firstIndex: store.firstIndex, lastIndex: store.lastIndex, runs: contents.runs },
      reader: store,
      snapshot,
      configurations: contents.configurations,
    },
    runtime.clock.nowMs(),
  );
}

/** Whether the log reaches to the snapshot and has the same there: what is behind it may have been of a leader that lost. */
export function goesOnFrom(
  { index, term }: SnapshotPoint,
  { firstIndex, lastIndex }: LogStore,
  runs: readonly TermRun[],
): boolean {
  if (index > lastIndex) return false;
  return index < firstIndex || runs.findLast((run) => run.firstIndex <= index)?.term === term;
}

/** A snapshot may have reached the disk before the term of the leader that sent it. No vote was given in that term then. */
export const hardStateOf = ({ hardState }: LogStore, snapshot: SnapshotPoint | null): HardState =>
  snapshot && snapshot.term > hardState.term ? { term: snapshot.term, votedFor: '' } : hardState;

async function restoreNewest({ storage, fsm }: RaftOptions, logger: Logger): Promise<SnapshotPoint | null> {
  const meta = storage.snapshots.list()[0];
  if (!meta) return null;
  await fsm.restore(storage.snapshots.read(meta.id));
  logger.info('restored from snapshot', { id: meta.id });
  const { index, term, configuration, configurationIndex } = meta;
  return { index, term, configuration, configurationIndex };
}

/** The same entry on every server that bootstraps with the same configuration. */
async function bootstrap(
  { bootstrap: configuration, storage }: RaftOptions,
  contents: { runs: TermRun[]; configurations: LogEntry[] },
): Promise<void> {
  if (!configuration) return;
  const fault = configurationFault(configuration);
  if (fault !== '') throw new Error(`failed to bootstrap cluster: ${fault}`);
  const entry: LogEntry = {
    index: 1,
    term: 1,
    type: entryTypes.configuration,
    data: configurationCodec.encode(configuration),
    extensions: null,
    appendedAtMs: 0,
  };
  await storage.store.write({ hardState: { term: 1, votedFor: '' }, entries: [entry] });
  addContents(contents, [entry]);
}
