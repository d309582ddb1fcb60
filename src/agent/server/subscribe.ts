/**
 * The stream of changes to a service (wire facts of port 8300, section 8). It follows the same shared read as blocking
 * queries do: between two answers lie the events. So rights, other datacenters and staleness are what they are there,
 * and all who follow one service share the reads, the comparisons and the encoded messages.
 */
import { codes, GrpcError } from '../../lib/grpc/status.ts';
import { ownMemory } from '../../lib/own-memory.ts';
import type { MaybePromise } from '../../lib/runtime.ts';
import type { CheckServiceNode, IndexedCheckServiceNodes } from '../../structs/catalog.ts';
import { make } from '../../structs/make.ts';
import {
  Event,
  eventCodec,
  type SubscribeRequest,
  subscribeRequestCodec,
  topics,
  updateOps,
} from '../../structs/subscribe.ts';
import { RpcError } from '../errors.ts';
import type { Answer } from '../rpc/caller.ts';
import type { GrpcCall, GrpcMethod } from '../rpc/grpc-server.ts';
import type { Args } from '../rpc/signatures.ts';

export const subscribePath = '/subscribe.StateChangeSubscription/Subscribe';

type Reply = IndexedCheckServiceNodes;
type Query = Partial<Args<'Health.ServiceNodes'>>;

export interface SubscribeOptions {
  readonly health: (query: Query, signal: AbortSignal) => MaybePromise<Answer<Reply>>;
  /** Lets others have the event loop. */
  readonly pause: () => Promise<void>;
}

/** Instances in one message of a snapshot. */
const batchSize = 64;
/** How long one may lag behind what the caller has seen elsewhere before it is told anew; nanoseconds. */
const catchUpNs = 5e9;
/** How often a server looks whether it is still in touch, and how long it may not be; nanoseconds. */
const lookNs = 30e9;
const maxSilenceNs = 10e9;

export const subscribe =
  (options: SubscribeOptions): GrpcMethod =>
  async (call) => {
    const request = subscribeRequestCodec.decode(call.request);
    const query = queryOf(request);
    const ask = async (more: Query = {}): Promise<Answer<Reply>> => {
      try {
        return await options.health({ ...query, ...more }, call.signal);
      } catch (error) {
        throw statusFor(error);
      }
    };
    // The caller may come from a server that was further on: wait for as much.
    let known =
      request.Index > 1 ? await ask({ MinQueryIndex: request.Index - 1, MaxQueryTime: catchUpNs }) : await ask();
    if (known.meta.Index !== request.Index) await sendSnapshot(call, known, request.Index !== 0, options);
    for (;;) {
      const next = await ask({ MinQueryIndex: known.meta.Index, MaxQueryTime: lookNs });
      // A server that hears of no leader knows of no changes either: the caller had better follow another one.
      if (next.meta.LastContact > maxSilenceNs) throw new GrpcError(codes.unavailable, 'No cluster leader');
      // Another history, or the same one told anew: what the caller knows may never have been.
      if (next.meta.Index < known.meta.Index) throw new GrpcError(codes.aborted, 'the state was replaced');
      const message = changesBetween(known, next);
      if (message !== null) await call.send(message);
      known = next;
    }
  };

function queryOf({ Topic, Key, Token, Datacenter }: SubscribeRequest): Query {
  if (Topic !== topics.serviceHealth && Topic !== topics.serviceHealthConnect) {
    throw new GrpcError(codes.invalidArgument, `unknown topic ${Topic}`);
  }
  if (Key === '') throw new GrpcError(codes.invalidArgument, 'Key is required');
  return { Datacenter, ServiceName: Key, Connect: Topic === topics.serviceHealthConnect, Token, AllowStale: true };
}

function statusFor(error: unknown): unknown {
  if (!(error instanceof RpcError)) return error;
  const code = error.status === 403 ? codes.permissionDenied : codes.unavailable;
  return new GrpcError(code, error.message, { cause: error });
}

async function sendSnapshot(
  call: GrpcCall,
  answer: Answer<Reply>,
  replaces: boolean,
  { pause }: SubscribeOptions,
): Promise<void> {
  if (replaces) await call.send(eventCodec.encode(make(Event, { NewSnapshotToFollow: true })));
  for (let at = 0; at < (answer.reply.Nodes ?? []).length; at += batchSize) {
    await call.send(snapshotPart(answer, at));
    await pause();
    call.signal.throwIfAborted();
  }
  await call.send(eventCodec.encode(make(Event, { Index: answer.meta.Index, EndOfSnapshot: true })));
}

/** Parts of snapshots, for as long as the answer they are of is kept. */
const encodedParts = new WeakMap<Reply, Map<number, Buffer>>();

function snapshotPart({ reply, meta }: Answer<Reply>, at: number): Buffer {
  let parts = encodedParts.get(reply);
  if (parts === undefined) {
    parts = new Map();
    encodedParts.set(reply, parts);
  }
  let part = parts.get(at);
  if (part === undefined) {
    const instances = (reply.Nodes ?? []).slice(at, at + batchSize);
    part = batch(
      meta.Index,
      instances.map((instance) => update(meta.Index, 'register', instance)),
    );
    parts.set(at, part);
  }
  return part;
}

/**
 * The message that leads to an answer, from the one before: for all who had that. An answer that is kept must not keep the one
 * before it, and so all that ever were.
 */
const encodedChanges = new WeakMap<Reply, { readonly from: WeakRef<Reply>; readonly message: Buffer | null }>();

function changesBetween(known: Answer<Reply>, next: Answer<Reply>): Buffer | null {
  const kept = encodedChanges.get(next.reply);
  if (kept?.from.deref() === known.reply) return kept.message;
  const { Index } = next.meta;
  const events = changes(known.reply.Nodes ?? [], next.reply.Nodes ?? [], Index);
  const message = events.length === 0 ? null : batch(Index, events);
  encodedChanges.set(next.reply, { from: new WeakRef(known.reply), message });
  return message;
}

/** What has to be said of an answer to whoever knows the one before. */
function changes(before: readonly CheckServiceNode[], after: readonly CheckServiceNode[], index: number): Event[] {
  const gone = new Map(before.map((instance) => [instanceKey(instance), instance]));
  const events: Event[] = [];
  for (const instance of after) {
    const key = instanceKey(instance);
    const old = gone.get(key);
    gone.delete(key);
    if (old === undefined || !isSame(old, instance)) events.push(update(index, 'register', instance));
  }
  const left = [...gone.values()].map((instance) => update(index, 'deregister', instance));
  return [...left, ...events];
}

const instanceKey = ({ Node, Service }: CheckServiceNode): string => `${Node?.Node ?? ''}\0${Service?.ID ?? ''}`;

/** The rows of a store are never modified; what came from elsewhere has the indexes of its changes. */
function isSame(a: CheckServiceNode, b: CheckServiceNode): boolean {
  if (a === b) return true;
  const checks = a.Checks ?? [];
  const others = b.Checks ?? [];
  return (
    a.Node?.ModifyIndex === b.Node?.ModifyIndex &&
    a.Service?.ModifyIndex === b.Service?.ModifyIndex &&
    checks.length === others.length &&
    checks.every(({ CheckID, ModifyIndex }, at) => {
      const other = others[at];
      return other !== undefined && other.CheckID === CheckID && other.ModifyIndex === ModifyIndex;
    })
  );
}

const update = (Index: number, op: keyof typeof updateOps, CheckServiceNode: CheckServiceNode): Event =>
  make(Event, { Index, ServiceHealth: { Op: updateOps[op], CheckServiceNode } });

/** One event goes as it is. */
const batch = (Index: number, Events: Event[]): Buffer =>
  ownMemory(
    eventCodec.encode(Events.length === 1 ? (Events[0] as Event) : make(Event, { Index, EventBatch: { Events } })),
  );
