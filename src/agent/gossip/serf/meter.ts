/** The metrics of Serf, by the original's names. */
import type { Metrics } from '../../telemetry/api.ts';
import type { MemberEvent } from './core/members.ts';

export interface Meter {
  member(event: MemberEvent): void;
  userEvent(name: string): void;
  query(name: string): void;
  readonly received: (bytes: number) => void;
  readonly sent: (bytes: number) => void;
  /** How far an answer moved this node's coordinate, in milliseconds of round trip. */
  readonly adjustment: (ms: number) => void;
  queues(depths: { readonly intents: number; readonly events: number; readonly queries: number }): void;
}

const memberNames: Partial<Record<MemberEvent, string>> = {
  join: 'join',
  leave: 'left',
  failed: 'failed',
  update: 'update',
  reap: 'reap',
};

export function meterOf(metrics: Metrics): Meter {
  const events = metrics.counter('serf.events');
  const queries = metrics.counter('serf.queries');
  const intentQueue = metrics.sample('serf.queue.Intent');
  const eventQueue = metrics.sample('serf.queue.Event');
  const queryQueue = metrics.sample('serf.queue.Query');
  return {
    member: (event) => {
      const name = memberNames[event];
      if (name !== undefined) metrics.counter(`serf.member.${name}`)();
    },
    userEvent: (name) => {
      events();
      metrics.counter(`serf.events.${name}`)();
    },
    query: (name) => {
      queries();
      metrics.counter(`serf.queries.${name}`)();
    },
    received: metrics.sample('serf.msgs.received'),
    sent: metrics.sample('serf.msgs.sent'),
    adjustment: metrics.sample('serf.coordinate.adjustment-ms'),
    queues: (depths) => {
      intentQueue(depths.intents);
      eventQueue(depths.events);
      queryQueue(depths.queries);
    },
  };
}
