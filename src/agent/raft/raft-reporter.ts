/** Tells operators what the core did: Consul's log lines, and the metrics they know from it. */
import type { Logger, Metrics } from '../telemetry/api.ts';
import type { Configuration, RaftServer, Suffrage } from './api.ts';
import type { CoreEvent } from './core/effects.ts';
import type { Peer } from './core/messages.ts';

const suffrageTexts = { voter: 'Voter', nonvoter: 'Nonvoter', staging: 'Staging' } as const satisfies Record<
  Suffrage,
  string
>;

const serverText = ({ suffrage, id, address }: RaftServer): string =>
  `{Suffrage:${suffrageTexts[suffrage]} ID:${id} Address:${address}}`;

/** `[{Suffrage:Voter ID:... Address:...}]`, as `info` and the log show a configuration. */
export const configurationText = (configuration: Configuration): string =>
  `[${configuration.servers.map(serverText).join(' ')}]`;

/** A first election that takes a few attempts is nothing to speak of. */
const foundingsUntilSaid = 5;

const roleTexts = { follower: 'Follower', candidate: 'Candidate', leader: 'Leader' } as const;

export class RaftReporter {
  readonly #logger: Logger;
  readonly #self: Peer;
  readonly #roles: Record<keyof typeof roleTexts, () => void>;
  readonly #lastContact: (ms: number) => void;
  /** Elections in a row that needed everybody's vote. */
  #foundings = 0;

  constructor(logger: Logger, metrics: Metrics, self: Peer) {
    this.#logger = logger;
    this.#self = self;
    this.#roles = {
      follower: metrics.counter('raft.state.follower'),
      candidate: metrics.counter('raft.state.candidate'),
      leader: metrics.counter('raft.state.leader'),
    };
    this.#lastContact = metrics.sample('raft.leader.lastContact');
  }

  initialConfiguration(index: number, configuration: Configuration): void {
    this.#logger.info('initial configuration', { index, servers: configurationText(configuration) });
  }

  report(events: readonly CoreEvent[], leader: Peer | null): void {
    for (const event of events) this.#report(event, leader);
  }

  #report(event: CoreEvent, leader: Peer | null): void {
    const logger = this.#logger;
    switch (event.kind) {
      case 'role':
        this.#onRole(event.role, event.term, leader);
        break;
      case 'heartbeatTimeout':
        logger.warn('heartbeat timeout reached, starting election', { 'last-leader': event.lastLeader?.address ?? '' });
        break;
      case 'leaderGone':
        logger.warn('leader is gone, starting election at once', { 'last-leader': event.id });
        break;
      case 'standsAside':
        logger.warn(
          'heartbeat timeout reached, not part of a stable configuration or a non-voter, not triggering a leader election',
        );
        break;
      case 'electionTimeout':
        logger.warn('Election timeout reached, restarting election');
        break;
      case 'campaign':
        logger.debug(event.preVote ? 'pre-votes' : 'votes', { needed: event.needed });
        this.#foundings = event.founding ? this.#foundings + 1 : 0;
        if (this.#foundings > 0 && this.#foundings % foundingsUntilSaid === 0) {
          const servers = { servers: event.needed };
          logger.warn('cluster is not founded yet, its first election needs the vote of every server', servers);
        }
        break;
      case 'vote':
        logger.debug('vote granted', { from: event.from.id, term: event.term, tally: event.tally });
        break;
      case 'electionWon':
        logger.info('election won', { tally: event.tally });
        break;
      case 'leaseLost':
        logger.warn('failed to contact quorum of nodes, stepping down');
        break;
      case 'removedSelf':
        logger.info('removed ourself, transitioning to follower');
        break;
      case 'voteRejected':
        logger.warn(`rejecting vote request since ${event.reason}`, { from: event.candidate.address });
        break;
      case 'peerContact':
        this.#lastContact(event.elapsedMs);
        break;
      case 'configuration':
        logger.info('updating configuration', { index: event.index, servers: configurationText(event.configuration) });
        break;
      case 'truncated':
        logger.warn('clearing log suffix', { from: event.fromIndex, to: event.lastIndex });
        break;
      case 'transfer':
        if (event.state === 'failed') logger.warn('leadership transfer timeout', { to: event.to });
        else
          logger.info(event.state === 'started' ? 'starting leadership transfer' : 'sent timeout now', {
            to: event.to,
          });
        break;
    }
  }

  #onRole(role: keyof typeof roleTexts, term: number, leader: Peer | null): void {
    this.#roles[role]();
    const node = `Node at ${this.#self.address} [${roleTexts[role]}]`;
    switch (role) {
      case 'follower':
        this.#logger.info('entering follower state', { follower: node, leader: leader?.address ?? '' });
        break;
      case 'candidate':
        this.#logger.info('entering candidate state', { node, term });
        break;
      case 'leader':
        this.#logger.info('entering leader state', { leader: node });
        break;
    }
  }
}
