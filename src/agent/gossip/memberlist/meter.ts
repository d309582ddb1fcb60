/** The metrics of a memberlist, by the original's names. */
import type { Metrics } from '../../telemetry/api.ts';

export interface Meter {
  readonly news: Readonly<Record<'alive' | 'suspect' | 'dead', (by?: number) => void>>;
  readonly udpSent: (bytes?: number) => void;
  readonly udpReceived: (bytes?: number) => void;
  readonly tcpAccept: (by?: number) => void;
  readonly tcpConnect: (by?: number) => void;
  readonly tcpSent: (bytes?: number) => void;
  /** Milliseconds until a probe was answered. */
  readonly probeNode: (ms: number) => void;
  /** Milliseconds of a full exchange. */
  readonly pushPullNode: (ms: number) => void;
  /** 0 = this node keeps up with its own timers. */
  readonly healthScore: (score: number) => void;
}

export const meterOf = (metrics: Metrics): Meter => ({
  news: {
    alive: metrics.counter('memberlist.msg.alive'),
    suspect: metrics.counter('memberlist.msg.suspect'),
    dead: metrics.counter('memberlist.msg.dead'),
  },
  udpSent: metrics.counter('memberlist.udp.sent'),
  udpReceived: metrics.counter('memberlist.udp.received'),
  tcpAccept: metrics.counter('memberlist.tcp.accept'),
  tcpConnect: metrics.counter('memberlist.tcp.connect'),
  tcpSent: metrics.counter('memberlist.tcp.sent'),
  probeNode: metrics.sample('memberlist.probeNode'),
  pushPullNode: metrics.sample('memberlist.pushPullNode'),
  healthScore: metrics.gauge('memberlist.health.score'),
});
