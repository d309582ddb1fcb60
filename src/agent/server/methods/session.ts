/** Session.*: creating, reading, renewing and ending sessions. */
import { DurationError, formatDuration, nsPerMs, parseDuration } from '../../../lib/duration.ts';
import { make } from '../../../structs/make.ts';
import { type IndexedSessions, Session } from '../../../structs/session.ts';
import { RpcError } from '../../errors.ts';
import { asError } from '../../raft/errors.ts';
import { getSession, listNodeSessions, listSessions, readSession, type SessionsRead } from '../../state/session.ts';
import { CommandError, maxIndex } from '../../state/store.ts';
import { answer, isUntried, type MethodTable, noMeta, type ServerContext } from '../context.ts';
import type { ReadResult } from '../reads/shared-reads.ts';

const maxTtlNs = 24 * 3600 * 1e9;

const found = ({ index, sessions }: SessionsRead): ReadResult<IndexedSessions> => ({
  index,
  reply: { Sessions: [...sessions], ...noMeta },
});

/** The id travels as `SessionID`; old callers put it into `Session`. */
const idOf = (args: { readonly SessionID?: string; readonly Session?: string }): string =>
  args.SessionID || args.Session || '';

/** An expected failure of a read, as the caller sees it. */
function rethrow<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof CommandError ? new RpcError(error.message) : error;
  }
}

function demandTtl(context: ServerContext, text: string): void {
  let ttlNs: number;
  try {
    ttlNs = parseDuration(text);
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    throw new RpcError(`Session TTL '${text}' invalid: ${error.message}`);
  }
  const minNs = context.config.sessionTtlMinMs * nsPerMs;
  if (ttlNs !== 0 && (ttlNs < minNs || ttlNs > maxTtlNs)) {
    const range = `${formatDuration(minNs)}=${formatDuration(maxTtlNs)}`;
    throw new RpcError(`Invalid Session TTL '${ttlNs}', must be between [${range}]`);
  }
}

function demandBehavior(behavior: string): string {
  if (behavior === '') return 'release';
  if (behavior !== 'release' && behavior !== 'delete') throw new RpcError(`Invalid Behavior setting '${behavior}'`);
  return behavior;
}

/** Checks of a node used to have a field of another name. */
function oneListOfChecks(session: Session): Session {
  if ((session.Checks ?? []).length === 0) return session;
  return {
    ...session,
    NodeChecks: [...new Set([...(session.NodeChecks ?? []), ...(session.Checks ?? [])])],
    Checks: null,
  };
}

/** Ids are drawn until one is free: chance collisions must not end another session. */
function freshId(context: ServerContext): string {
  for (;;) {
    const id = context.runtime.random.uuid();
    if (getSession(context.store.state, id) === undefined) return id;
  }
}

export const sessionMethods: MethodTable = {
  'Session.Apply': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      const op = args.Op ?? '';
      const session = oneListOfChecks(make(Session, args.Session));
      if (op === 'destroy' && session.ID === '') throw new RpcError('Must provide ID');
      if (op === 'create' && session.Node === '') throw new RpcError('Must provide Node');
      session.Behavior = demandBehavior(session.Behavior);
      if (session.TTL !== '') demandTtl(context, session.TTL);
      if (op === 'create') session.ID = freshId(context);
      const startMs = context.runtime.clock.nowMs();
      try {
        await context.propose('session', {
          Datacenter: args.Datacenter ?? '',
          Op: op,
          Session: session,
          Token: args.Token ?? '',
        });
      } catch (error) {
        if (isUntried(error)) throw error;
        throw new RpcError(`apply failed: ${asError(error).message}`, 500, { cause: error });
      }
      context.metrics.sample('session.apply')(context.runtime.clock.nowMs() - startMs);
      if (op === 'create') {
        context.sessionTimers.reset(session);
        return answer(session.ID);
      }
      context.sessionTimers.clear(session.ID);
      return answer('');
    },
  },
  'Session.Get': {
    kind: 'state',
    key: idOf,
    read: (state, watch, args) => rethrow(() => found(readSession(state, watch, idOf(args)))),
  },
  'Session.List': {
    kind: 'state',
    key: () => '',
    read: (state, watch) => found(listSessions(state, watch)),
  },
  'Session.NodeSessions': {
    kind: 'state',
    key: (args) => args.Node ?? '',
    read: (state, watch, args) => found(listNodeSessions(state, watch, args.Node ?? '')),
  },
  'Session.Renew': {
    kind: 'procedure',
    by: 'leader',
    run(context, args) {
      const { state } = context.store;
      const session = rethrow(() => getSession(state, idOf(args)));
      if (session !== undefined) context.sessionTimers.reset(session);
      const meta = { ...noMeta, Index: Math.max(1, maxIndex(state, 'sessions')) };
      return { reply: { Sessions: session === undefined ? null : [session], ...noMeta }, meta };
    },
  },
};
