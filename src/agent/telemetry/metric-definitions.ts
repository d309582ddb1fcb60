/**
 * The metrics a server always has: shown to Prometheus with zero values before anything happened, so that alerts and
 * dashboards can tell "nothing yet" from "no such thing".
 */
import type { SeriesKind } from './series.ts';

export interface MetricDefinition {
  readonly kind: SeriesKind;
  /** Without the prefix. */
  readonly name: string;
  readonly help: string;
}

export const metricDefinitions: readonly MetricDefinition[] = [
  { kind: 'counter', name: 'raft.apply', help: 'Log entries proposed by this server.' },
  { kind: 'counter', name: 'raft.state.candidate', help: 'Elections this server started.' },
  { kind: 'counter', name: 'raft.state.leader', help: 'Times this server became leader.' },
  {
    kind: 'sample',
    name: 'raft.commitTime',
    help: 'Milliseconds from proposal to commit of a log entry, on the leader.',
  },
  {
    kind: 'sample',
    name: 'raft.leader.lastContact',
    help: 'Milliseconds since the followers last heard of the leader.',
  },
  { kind: 'counter', name: 'rpc.request', help: 'Requests that arrived at the RPC layer of this server.' },
  { kind: 'counter', name: 'rpc.request_error', help: 'Requests the RPC layer answered with an error.' },
  { kind: 'counter', name: 'rpc.query', help: 'Blocking and plain reads served by this server.' },
  { kind: 'counter', name: 'client.rpc', help: 'Requests this agent sent to a server.' },
  { kind: 'counter', name: 'client.rpc.exceeded', help: 'Requests refused by the rate limit of this agent.' },
  { kind: 'counter', name: 'client.rpc.failed', help: 'Requests of this agent that failed.' },
  { kind: 'sample', name: 'kvs.apply', help: 'Milliseconds to complete a write to the KV store.' },
  { kind: 'sample', name: 'txn.apply', help: 'Milliseconds to complete a transaction.' },
  { kind: 'sample', name: 'txn.read', help: 'Milliseconds to complete a read-only transaction.' },
  { kind: 'sample', name: 'session.apply', help: 'Milliseconds to create or destroy a session.' },
  { kind: 'sample', name: 'session_ttl.invalidate', help: 'Milliseconds to invalidate a session whose TTL ran out.' },
  { kind: 'sample', name: 'catalog.register', help: 'Milliseconds to complete a registration.' },
  { kind: 'sample', name: 'catalog.deregister', help: 'Milliseconds to complete a deregistration.' },
  { kind: 'sample', name: 'fsm.kvs', help: 'Milliseconds to apply a KV command to the store.' },
  { kind: 'sample', name: 'fsm.txn', help: 'Milliseconds to apply a transaction to the store.' },
  { kind: 'sample', name: 'fsm.register', help: 'Milliseconds to apply a registration to the store.' },
  { kind: 'sample', name: 'fsm.deregister', help: 'Milliseconds to apply a deregistration to the store.' },
  { kind: 'sample', name: 'fsm.session', help: 'Milliseconds to apply a session command to the store.' },
];
