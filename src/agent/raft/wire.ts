/** Raft's messages as bytes (wire/raft, sections 1 and 2). Leader and candidate travel as address text, never as id. */
import { formatTime, parseTime, unixEpochSeconds } from '../../lib/msgpack/time.ts';
import { zeroTime } from '../../structs/make.ts';
import { bool, bytes, type Infer, int64, slice, str, struct, time, u8, u64 } from '../../structs/schema.ts';
import { type EntryType, entryTypes, type LogEntry } from './api.ts';

export const rpcTypes = {
  appendEntries: 0,
  requestVote: 1,
  installSnapshot: 2,
  timeoutNow: 3,
  requestPreVote: 4,
} as const;
export const protocolVersion = 3;

const Log = struct('Log', {
  Index: u64,
  Term: u64,
  Type: u8,
  Data: bytes,
  Extensions: bytes,
  AppendedAt: time,
});
type Log = Infer<typeof Log>;

export const AppendEntriesRequest = struct('AppendEntriesRequest', {
  ProtocolVersion: int64,
  Term: u64,
  Leader: bytes,
  PrevLogEntry: u64,
  PrevLogTerm: u64,
  Entries: slice(Log),
  LeaderCommitIndex: u64,
});
export type AppendEntriesRequest = Infer<typeof AppendEntriesRequest>;

export const AppendEntriesResponse = struct('AppendEntriesResponse', {
  ProtocolVersion: int64,
  Term: u64,
  LastLog: u64,
  Success: bool,
  NoRetryBackoff: bool,
});

export const RequestVoteRequest = struct('RequestVoteRequest', {
  ProtocolVersion: int64,
  Term: u64,
  Candidate: bytes,
  LastLogIndex: u64,
  LastLogTerm: u64,
  LeadershipTransfer: bool,
});

export const RequestVoteResponse = struct('RequestVoteResponse', {
  ProtocolVersion: int64,
  Term: u64,
  Peers: bytes,
  Granted: bool,
});

export const InstallSnapshotRequest = struct('InstallSnapshotRequest', {
  ProtocolVersion: int64,
  SnapshotVersion: int64,
  Term: u64,
  Leader: bytes,
  LastLogIndex: u64,
  LastLogTerm: u64,
  Peers: bytes,
  Configuration: bytes,
  ConfigurationIndex: u64,
  Size: int64,
});

export const InstallSnapshotResponse = struct('InstallSnapshotResponse', {
  ProtocolVersion: int64,
  Term: u64,
  Success: bool,
});

export const TimeoutNow = struct('TimeoutNow', { ProtocolVersion: int64 });
/** Ours: says which leader's wish it is. Others read over that. */
export const TimeoutNowInTerm = struct('TimeoutNow', { ProtocolVersion: int64, Term: u64 });
/** The text before every response body: '' = no error. */
export const ErrorText = str;

/** Peers of the first protocol, kept for old readers: an array of voter addresses as raw values. */
export const PeerAddresses = slice(bytes);

const validTypes: readonly number[] = Object.values(entryTypes);
const noData = new Uint8Array(0);

export const toLog = (entry: LogEntry): Log => ({
  Index: entry.index,
  Term: entry.term,
  Type: entry.type,
  Data: entry.data.length === 0 ? null : entry.data,
  Extensions: entry.extensions,
  AppendedAt: timeOf(entry.appendedAtMs),
});

/** @returns null for an entry of a kind that does not exist. */
export function fromLog(log: Log): LogEntry | null {
  if (!validTypes.includes(log.Type)) return null;
  return {
    index: log.Index,
    term: log.Term,
    type: log.Type as EntryType,
    data: log.Data ?? noData,
    extensions: log.Extensions,
    appendedAtMs: msOf(log.AppendedAt),
  };
}

function timeOf(ms: number): string {
  if (ms === 0) return zeroTime;
  const seconds = Math.floor(ms / 1000);
  const nanos = Math.round((ms - seconds * 1000) * 1e6);
  return formatTime({ seconds: seconds + unixEpochSeconds, nanos, zoneMinutes: -1 }) ?? zeroTime;
}

function msOf(text: string): number {
  const instant = parseTime(text);
  if (instant === null || (instant.seconds === 0 && instant.nanos === 0)) return 0;
  return (instant.seconds - unixEpochSeconds) * 1000 + Math.floor(instant.nanos / 1e6);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const addressBytes = (address: string): Uint8Array => encoder.encode(address);
export const addressText = (raw: Uint8Array | null): string => decoder.decode(raw ?? noData);
