/** Timers of the pools as Consul sets them (wire facts of memberlist, section 9, and Serf, section 8). */
import type { MemberlistConfig } from './memberlist/core/config.ts';
import { type SerfConfig, serfDefaults } from './serf/core/types.ts';

type Timers = Omit<MemberlistConfig, 'name' | 'addr' | 'port' | 'vsn'>;

interface Profile {
  readonly memberlist: Timers;
  readonly tcpTimeoutMs: number;
}

const common = {
  indirectChecks: 3,
  retransmitMult: 4,
  suspicionMaxTimeoutMult: 6,
  gossipNodes: 3,
  awarenessMaxMultiplier: 8,
  deadNodeReclaimMs: 30_000,
  packetBytes: 1400,
} as const;

export const profiles = {
  lan: {
    memberlist: {
      ...common,
      suspicionMult: 4,
      pushPullIntervalMs: 30_000,
      probeIntervalMs: 1000,
      probeTimeoutMs: 500,
      gossipIntervalMs: 200,
      gossipToTheDeadMs: 30_000,
    },
    tcpTimeoutMs: 10_000,
  },
  wan: {
    memberlist: {
      ...common,
      suspicionMult: 6,
      pushPullIntervalMs: 60_000,
      probeIntervalMs: 5000,
      probeTimeoutMs: 3000,
      gossipIntervalMs: 500,
      gossipToTheDeadMs: 60_000,
    },
    tcpTimeoutMs: 30_000,
  },
} as const satisfies Record<string, Profile>;

/** Consul keeps failed members three days and waits three seconds for its goodbye to spread. */
export const consulSerf: Omit<SerfConfig, 'name' | 'retransmitMult' | 'gossipIntervalMs'> = {
  ...serfDefaults,
  reconnectTimeoutMs: 72 * 3600_000,
};
export const leavePropagateDelayMs = 3000;
export const broadcastTimeoutMs = 5000;

/** Protocol versions that Serf 0.9 inside Consul 1.10 announces: pmin, pmax, pcur, dmin, dmax, dcur. */
export const consulVsn = Uint8Array.of(1, 5, 2, 2, 5, 4);
