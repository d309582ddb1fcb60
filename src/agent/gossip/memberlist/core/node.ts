/** One node of the pool as this node sees it, and what the owner is told. */
import type { NodeState } from '../messages.ts';
import type { Suspicion } from './suspicion.ts';

export interface Node {
  readonly name: string;
  addr: Uint8Array;
  port: number;
  meta: Uint8Array;
  /** pmin, pmax, pcur, dmin, dmax, dcur; zeros when the node said nothing of them. */
  vsn: Uint8Array;
  incarnation: number;
  state: NodeState;
  stateChangedMs: number;
  suspicion: Suspicion | null;
}

/** Protocol versions a peer understands at most decide what it may be sent. */
export const understandsTcpPing = (node: Node): boolean => (node.vsn[1] ?? 0) >= 3;
export const understandsNack = (node: Node): boolean => (node.vsn[1] ?? 0) >= 4;
export const understandsCrc = (node: Node): boolean => (node.vsn[1] ?? 0) >= 5;

export const isGone = (node: Node): boolean => node.state === 'dead' || node.state === 'left';

export interface Address {
  readonly addr: Uint8Array;
  readonly port: number;
}

/** What the core wants done, in order. Framing (compression, CRC, encryption) is the driver's. */
export type Effect =
  /** One packet of one or several messages; `crc` when the receiver is known to understand it. */
  | { readonly kind: 'packet'; readonly to: Address; readonly messages: readonly Uint8Array[]; readonly crc: boolean }
  /** The fallback when pings get lost: a ping over TCP; report by `tcpPingResult`. */
  | {
      readonly kind: 'tcpPing';
      readonly to: Address;
      readonly node: string;
      readonly seqNo: number;
      readonly timeoutMs: number;
    }
  /** Exchange the whole state with a node; report by `mergeRemote`. */
  | { readonly kind: 'pushPull'; readonly to: Address; readonly node: string }
  | { readonly kind: 'join' | 'leave' | 'update'; readonly node: Node }
  /** Somebody else claims the name of a living node. */
  | { readonly kind: 'conflict'; readonly existing: Node; readonly claimed: Address }
  | { readonly kind: 'user'; readonly payload: Uint8Array }
  /** A direct probe was answered: a round trip time, with what the peer put into its ack. */
  | { readonly kind: 'rtt'; readonly node: Node; readonly rttMs: number; readonly payload: Uint8Array | null }
  /** Word of a node that was news and believed. */
  | { readonly kind: 'news'; readonly about: 'alive' | 'suspect' | 'dead' }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn'; readonly text: string };

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** An IPv4 address in 16-byte form is the same as its 4 bytes. */
export function canonicalAddr(addr: Uint8Array): Uint8Array {
  const mapped =
    addr.length === 16 && addr.subarray(0, 10).every((b) => b === 0) && addr[10] === 0xff && addr[11] === 0xff;
  return mapped ? addr.slice(12) : addr;
}

export const sameAddress = (a: Address, b: Address): boolean =>
  a.port === b.port && sameBytes(canonicalAddr(a.addr), canonicalAddr(b.addr));
