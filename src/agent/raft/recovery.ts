/**
 * Manual recovery of a cluster that lost its quorum for good (wire/raft, section 7): the operator names the surviving servers in
 * `raft/peers.json`; the state becomes a snapshot with that configuration, and the log is dropped.
 */
import type { Logger } from '../telemetry/api.ts';
import type { Configuration, RaftServer } from './api.ts';
import { entryTypes } from './api.ts';
import { configurationFault } from './core/configuration.ts';
import { asError, CorruptStorage } from './errors.ts';
import type { RaftOptions } from './options.ts';

export interface Recovery {
  readonly configuration: Configuration;
  /** It is done: never again. */
  done(): Promise<void>;
}

/** Parses the text of peers.json. Throws CorruptStorage naming `path`. */
export function parsePeers(path: string, text: string): Configuration {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CorruptStorage(path, asError(error).message, { cause: error });
  }
  if (!Array.isArray(value)) throw new CorruptStorage(path, 'it is no list of servers');
  const configuration = { servers: value.map((peer, i) => toServer(path, peer, i)) };
  const fault = configurationFault(configuration);
  if (fault !== '') throw new CorruptStorage(path, fault);
  return configuration;
}

function toServer(path: string, peer: unknown, position: number): RaftServer {
  const fail = (what: string): never => {
    throw new CorruptStorage(path, `server ${position + 1} ${what}`);
  };
  if (typeof peer === 'string') return fail('is an address alone, as of Raft protocol 2: needed is {"id", "address"}');
  if (typeof peer !== 'object' || peer === null) return fail('is no object');
  const { id, address, non_voter: isNonvoter = false } = peer as Record<string, unknown>; // any object may be looked into
  if (typeof id !== 'string' || typeof address !== 'string') return fail('has no id or no address');
  if (typeof isNonvoter !== 'boolean') return fail('has a non_voter that is neither true nor false');
  return { suffrage: isNonvoter ? 'nonvoter' : 'voter', id, address };
}

/** Safe to repeat: a crash in the middle leaves peers.json, and the next start begins again. */
export async function recover({ storage, fsm }: RaftOptions, recovery: Recovery, logger: Logger): Promise<void> {
  const { store, snapshots } = storage;
  logger.info('found peers.json file, recovering Raft configuration...');
  const newest = snapshots.list()[0];
  if (newest) await fsm.restore(snapshots.read(newest.id));
  let index = newest?.index ?? 0;
  let term = newest?.term ?? 0;
  while (index < store.lastIndex) {
    const entries = store.read(index + 1, store.lastIndex).slice(0, 128);
    fsm.apply(entries.filter(({ type }) => type === entryTypes.command));
    const last = entries.at(-1)!;
    index = last.index;
    term = last.term;
  }
  if (index === 0)
    throw new Error('refused to recover cluster with no initial state, this is probably an operator error');
  const frozen = fsm.snapshot();
  const { configuration } = recovery;
  const sink = await snapshots.create({ index, term, configuration, configurationIndex: index });
  try {
    for await (const chunk of frozen.write()) await sink.write(chunk);
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  } finally {
    frozen.release();
  }
  // Of two at the same place the later one counts, and clocks may go back.
  if (newest?.index === index && newest.term === term) await snapshots.remove(newest.id);
  await store.reset(index);
  await recovery.done();
  logger.info('deleted peers.json file after successful recovery');
}
