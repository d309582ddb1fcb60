/** Timers and limits of one pool. Consul's profiles are in `gossip/profiles.ts` (wire facts of memberlist, section 9). */
export interface MemberlistConfig {
  readonly name: string;
  /** Advertised address, 4 or 16 bytes, and port. */
  readonly addr: Uint8Array;
  readonly port: number;
  /** pmin, pmax, pcur, dmin, dmax, dcur. */
  readonly vsn: Uint8Array;
  readonly indirectChecks: number;
  readonly retransmitMult: number;
  readonly suspicionMult: number;
  readonly suspicionMaxTimeoutMult: number;
  readonly pushPullIntervalMs: number;
  readonly probeIntervalMs: number;
  readonly probeTimeoutMs: number;
  readonly gossipIntervalMs: number;
  readonly gossipNodes: number;
  readonly gossipToTheDeadMs: number;
  readonly awarenessMaxMultiplier: number;
  /** How long a dead node keeps its name against another address; 0 = for ever. */
  readonly deadNodeReclaimMs: number;
  /** Bytes of one packet before compression. */
  readonly packetBytes: number;
}
