/** What Serf is configured with, and what goes in and out of its core. */
import type { Address } from '../../memberlist/core/node.ts';
import type { Query, UserEvent } from '../messages.ts';
import type { Member, MemberEvent } from './members.ts';

export interface SerfConfig {
  readonly name: string;
  readonly retransmitMult: number;
  readonly gossipIntervalMs: number;
  readonly reapIntervalMs: number;
  readonly reconnectIntervalMs: number;
  readonly reconnectTimeoutMs: number;
  readonly tombstoneTimeoutMs: number;
  readonly userEventBytes: number;
  readonly queryBytes: number;
  readonly queryResponseBytes: number;
  readonly queryTimeoutMult: number;
}

export const serfDefaults = {
  reapIntervalMs: 15_000,
  reconnectIntervalMs: 30_000,
  reconnectTimeoutMs: 24 * 3600_000,
  tombstoneTimeoutMs: 24 * 3600_000,
  userEventBytes: 512,
  queryBytes: 1024,
  queryResponseBytes: 1024,
  queryTimeoutMult: 16,
} as const;

export interface IncomingQuery {
  readonly query: Query;
  readonly deadlineMs: number;
}

export type SerfEffect =
  | { readonly kind: 'member'; readonly event: MemberEvent; readonly member: Member }
  | { readonly kind: 'userEvent'; readonly event: UserEvent }
  | { readonly kind: 'query'; readonly incoming: IncomingQuery }
  /** A Serf message straight to one address. */
  | { readonly kind: 'send'; readonly to: Address; readonly message: Uint8Array }
  /** Try to reach a failed member again. */
  | { readonly kind: 'reconnect'; readonly member: Member }
  | { readonly kind: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly text: string };

export interface QueryOptions {
  readonly name: string;
  readonly payload: Uint8Array | null;
  readonly filterNodes?: readonly string[];
  readonly filterTags?: Readonly<Record<string, string>>;
  readonly wantAcks: boolean;
  readonly relayFactor: number;
  readonly timeoutMs?: number;
}

/** Thrown for events and queries that are too large to gossip; the text is the operator's. */
export class SerfLimitError extends Error {
  override readonly name = 'SerfLimitError';
}
