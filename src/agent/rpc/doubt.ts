/**
 * Reasons to believe that a server is gone, though its connections are open: gossip has given it up, or Raft has another leader. Whoever
 * waits for its answers gets to know soon, and not when the connection proves dead.
 */
import { type Member, serverInfo } from '../gossip/member.ts';
import type { Leadership, Raft } from '../raft/api.ts';
import type { ConnectionPool } from './pool.ts';

type Doubting = Pick<ConnectionPool, 'doubt'>;

export function doubtMember(pool: Doubting, member: Member): void {
  const server = serverInfo(member);
  if (server !== null) pool.doubt(server.address);
}

/** For as long as Raft runs. `addressOf`: where a leader takes calls. */
export function doubtFormerLeaders(
  pool: Doubting,
  raft: Pick<Raft, 'onLeadership'>,
  addressOf: (leader: NonNullable<Leadership['leader']>) => string,
): void {
  let known: Leadership['leader'] = null;
  raft.onLeadership(({ leader }) => {
    if (known !== null && known.id !== leader?.id) pool.doubt(addressOf(known));
    known = leader;
  });
}
