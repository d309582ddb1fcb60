/** Handing leadership to another server (Raft thesis 3.10). */
import { isVoter, votersOf } from './configuration.ts';
import { replicate } from './replication.ts';
import type { CoreState, Leading } from './state.ts';

/** Begins to hand over to `to`, or to whoever is most up to date. New entries are refused until it is done or given up. */
export function startTransfer(state: CoreState, to: string): void {
  const { leading } = state;
  if (!leading || leading.transfer) {
    state.refused(leading ? 'transferring' : 'notLeader');
    return;
  }
  const target = to === '' ? mostUpToDate(state, leading) : to;
  const server = state.membership.latest.servers.find(({ id }) => id === target);
  if (!server || target === state.self.id || !isVoter(state.membership.latest, target)) {
    state.refused('noTarget', to === '' ? 'cannot find peer' : `no voter with ID ${to}`);
    return;
  }
  leading.transfer = { to: target, deadlineMs: state.nowMs + state.options.timings.electionTimeoutMs, sent: false };
  state.accepted(0);
  state.event({ kind: 'transfer', state: 'started', to: target });
  replicate(state, leading, server);
  maybeSendTimeoutNow(state, leading);
}

function mostUpToDate(state: CoreState, leading: Leading): string {
  let best = '';
  let bestIndex = -1;
  for (const { id } of votersOf(state.membership.latest)) {
    const nextIndex = leading.progress.get(id)?.nextIndex ?? -1;
    if (nextIndex > bestIndex) [best, bestIndex] = [id, nextIndex];
  }
  return best;
}

/** Once the target has everything, tells it to stand for election at once. */
export function maybeSendTimeoutNow(state: CoreState, leading: Leading): void {
  const { transfer } = leading;
  if (!transfer || transfer.sent) return;
  const server = state.membership.latest.servers.find(({ id }) => id === transfer.to);
  const progress = leading.progress.get(transfer.to);
  if (!server || !progress || progress.matchIndex !== state.log.lastIndex) return;
  transfer.sent = true;
  leading.leaseGivenUp = true;
  state.event({ kind: 'transfer', state: 'sent', to: transfer.to });
  state.send({
    kind: 'timeoutNow',
    from: state.self,
    to: { id: server.id, address: server.address },
    term: state.term,
  });
}

/** The target did not take over in time: this leader carries on. */
export function onTransferTimeout(state: CoreState, leading: Leading): void {
  state.event({ kind: 'transfer', state: 'failed', to: leading.transfer?.to ?? '' });
  leading.transfer = null;
}
