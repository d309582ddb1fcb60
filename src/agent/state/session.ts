/** Sessions: who holds locks, and what ends them. */
import type { Session } from '../../structs/session.ts';
import { deleteKey, releaseKey } from './kv.ts';
import { fold, nodeKey, onNode, sessionChecks, topics } from './schema.ts';
import { CommandError, type ReadIndex, type State, type Transaction } from './store.ts';
import type { WatchSet } from './watches.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The key of a session id. Throws for what cannot be one, with the text of Consul's index. */
function sessionKey(id: string): string {
  if (id.length !== 36) throw new CommandError('failed session lookup: index error: UUID must be 36 characters');
  if (!uuid.test(id)) throw new CommandError(`failed session lookup: index error: Invalid UUID: ${id}`);
  return fold(id);
}

export const getSession = (state: State, id: string): Session | undefined => state.tables.sessions.get(sessionKey(id));

export function createSession(tx: Transaction, request: Session): void {
  if (request.ID === '') throw new CommandError('Missing session ID');
  const session: Session = { ...request, CreateIndex: tx.index, ModifyIndex: tx.index };
  if (session.Behavior === '') session.Behavior = 'release';
  else if (session.Behavior !== 'release' && session.Behavior !== 'delete') {
    throw new CommandError(`Invalid session behavior: ${session.Behavior}`);
  }
  if (tx.tables.nodes.get(nodeKey(session.Node)) === undefined) throw new CommandError('Missing node registration');
  for (const id of sessionChecks(session)) {
    const check = tx.tables.checks.get(onNode(session.Node, id));
    if (check === undefined) throw new CommandError(`Missing check '${id}' registration`);
    if (check.Status === 'critical') throw new CommandError(`Check '${id}' is in critical state`);
  }
  tx.put('sessions', session);
  tx.bump('sessions');
}

/** Ends a session and, by its behaviour, frees or deletes what it locked. */
export function destroySession(tx: Transaction, id: string): void {
  const session = tx.remove('sessions', sessionKey(id));
  if (session === undefined) return;
  tx.bump('sessions');
  const delayMs = session.LockDelay / 1e6;
  for (const row of tx.tables.kvs.by('session', fold(session.ID))) {
    if (session.Behavior === 'delete') deleteKey(tx, row.key);
    else releaseKey(tx, row);
    if (delayMs > 0) tx.lockDelays.set(row.key, delayMs);
  }
  const queries = tx.tables.preparedQueries.by('session', fold(session.ID));
  for (const query of queries) tx.remove('preparedQueries', fold(query.ID));
  if (queries.length > 0) tx.bump('prepared-queries');
}

export function destroySessionsOfNode(tx: Transaction, node: string): void {
  for (const session of tx.tables.sessions.by('node', nodeKey(node))) destroySession(tx, session.ID);
}

export function destroySessionsOfCheck(tx: Transaction, node: string, check: string): void {
  for (const session of tx.tables.sessions.by('check', onNode(node, check))) destroySession(tx, session.ID);
}

const sessionsIndex: readonly string[] = ['sessions'];

export interface SessionsRead {
  readonly index: ReadIndex;
  readonly sessions: readonly Session[];
}

export function readSession(state: State, watch: WatchSet, id: string): SessionsRead {
  watch.topic(topics.session(id));
  const session = getSession(state, id);
  return { index: sessionsIndex, sessions: session === undefined ? [] : [session] };
}

export function listSessions(state: State, watch: WatchSet): SessionsRead {
  watch.topic('sessions');
  return { index: sessionsIndex, sessions: state.tables.sessions.rows.values() };
}

export function listNodeSessions(state: State, watch: WatchSet, node: string): SessionsRead {
  watch.topic(topics.nodeSessions(node));
  return { index: sessionsIndex, sessions: state.tables.sessions.by('node', nodeKey(node)) };
}
