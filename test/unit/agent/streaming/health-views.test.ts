import { afterEach, describe, expect, it } from 'vitest';
import { HealthViews } from '../../../../src/agent/streaming/health-views.ts';
import { withViews } from '../../../../src/agent/streaming/streaming-caller.ts';
import { codes, GrpcError } from '../../../../src/lib/grpc/status.ts';
import { CheckServiceNode, NodeService, Node as NodeStruct } from '../../../../src/structs/catalog.ts';
import { make } from '../../../../src/structs/make.ts';
import { Event, eventCodec, subscribeRequestCodec } from '../../../../src/structs/subscribe.ts';
import { silentLogger } from '../../../silent.ts';
import { manualRuntime } from '../server/manual-runtime.ts';

/** One call of gRPC as the server sees it. */
interface Stream {
  readonly index: number;
  readonly key: string;
  readonly signal: AbortSignal;
  tell(...events: Partial<Event>[]): void;
  fail(code: number): void;
}

const waitLimits = { defaultQueryTimeMs: 300_000, maxQueryTimeMs: 600_000 };
const made: HealthViews[] = [];
afterEach(() => {
  for (const views of made.splice(0)) views.stop();
});

function setUp() {
  const runtime = manualRuntime();
  const streams: Stream[] = [];
  const views = new HealthViews({
    grpc: {
      stream: (_path, bytes, onMessage, signal) =>
        new Promise<void>((_resolve, reject) => {
          const { Index, Key } = subscribeRequestCodec.decode(bytes);
          streams.push({
            index: Index,
            key: Key,
            signal,
            tell: (...events) => {
              for (const event of events) onMessage(eventCodec.encode(make(Event, event)));
            },
            fail: (code) => reject(new GrpcError(code, 'as told')),
          });
        }),
      doubt: () => {},
      close: () => {},
    },
    datacenter: 'dc1',
    runtime,
    waitLimits,
    logger: silentLogger,
  });
  made.push(views);
  const stream = (at = -1): Stream => streams.at(at) as Stream;
  return { runtime, streams, stream, views };
}

const instance = (id: string, tags: string[] = []): CheckServiceNode =>
  make(CheckServiceNode, {
    Node: make(NodeStruct, { Node: `n-${id}` }),
    Service: make(NodeService, { ID: id, Service: 'web', Tags: tags }),
  });
const add = (Index: number, id: string, tags?: string[]): Partial<Event> => ({
  Index,
  ServiceHealth: { Op: 0, CheckServiceNode: instance(id, tags) },
});
const remove = (Index: number, id: string): Partial<Event> => ({
  Index,
  ServiceHealth: { Op: 1, CheckServiceNode: instance(id) },
});
const end = (Index: number): Partial<Event> => ({ Index, EndOfSnapshot: true });
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const ids = (answer: { reply: { Nodes: CheckServiceNode[] | null } } | null) =>
  answer?.reply.Nodes?.map(({ Service }) => Service?.ID);

describe('views of health', () => {
  it('answer when the snapshot is whole, then with each change, all from one subscription', async () => {
    const { views, stream, streams } = setUp();
    const first = views.answer({ ServiceName: 'web', MinQueryIndex: 3 });
    await settled();
    stream().tell(add(5, 'b'), add(5, 'a', ['v1']));
    await settled();
    expect(views.waiting).toBe(0);
    stream().tell(end(5));
    const answer = await first;
    expect([ids(answer), answer?.meta.Index, answer?.meta.Backend]).toEqual([['a', 'b'], 5, 1]);

    const waiting = [
      views.answer({ ServiceName: 'web', MinQueryIndex: 5 }),
      views.answer({ ServiceName: 'web', MinQueryIndex: 5 }),
      views.answer({ ServiceName: 'web', MinQueryIndex: 5, ServiceTags: ['v1'], TagFilter: true }),
      views.answer({ ServiceName: 'web', MinQueryIndex: 5, Filter: 'Service.ID == "c"' }),
    ];
    await settled();
    expect(views.waiting).toBe(4);
    stream().tell({ Index: 7, EventBatch: { Events: [make(Event, add(7, 'c')), make(Event, remove(7, 'b'))] } });
    const [all, same, tagged, filtered] = await Promise.all(waiting);
    expect([all, tagged, filtered].map((one) => ids(one ?? null))).toEqual([['a', 'c'], ['a'], ['c']]);
    expect(same!.reply).toBe(all!.reply);
    expect(streams).toHaveLength(1);
    expect(await views.answer({ ServiceName: 'web', MinQueryIndex: 6 }).then(ids)).toEqual(['a', 'c']);
  });

  it('answer at the end of the wait with what there is', async () => {
    const { runtime, views, stream } = setUp();
    const waiting = views.answer({ ServiceName: 'web', MinQueryIndex: 5, MaxQueryTime: 10e9 });
    await settled();
    stream().tell(end(5));
    await settled();
    expect(views.waiting).toBe(1);
    runtime.advance(12_000);
    expect(ids(await waiting)).toEqual([]);
  });

  it('go on where they were when the stream breaks, and take a new snapshot as a whole', async () => {
    const { runtime, views, stream, streams } = setUp();
    const first = views.answer({ ServiceName: 'web', MinQueryIndex: 1 });
    await settled();
    stream().tell(add(5, 'a'), end(5));
    await first;
    const waiting = views.answer({ ServiceName: 'web', MinQueryIndex: 5 });
    await settled();
    stream().fail(codes.unavailable);
    await settled();
    runtime.advance(500);
    await settled();
    expect([streams.length, stream().index]).toEqual([2, 5]);
    stream().tell({ NewSnapshotToFollow: true }, add(8, 'b'));
    await settled();
    expect(views.waiting).toBe(1);
    stream().tell(end(8));
    expect(ids(await waiting)).toEqual(['b']);
    // Another history: from the beginning.
    stream().fail(codes.aborted);
    await settled();
    runtime.advance(500);
    await settled();
    expect([streams.length, stream().index]).toEqual([3, 0]);
  });

  it('that have lost their stream leave it to the servers, after a moment', async () => {
    const { runtime, views, stream } = setUp();
    const first = views.answer({ ServiceName: 'web', MinQueryIndex: 1 });
    await settled();
    stream().tell(add(5, 'a'), end(5));
    await first;
    const waiting = views.answer({ ServiceName: 'web', MinQueryIndex: 5 });
    await settled();
    stream().fail(codes.unavailable);
    await settled();
    expect(await views.answer({ ServiceName: 'web', UseCache: true }).then(ids)).toEqual(['a']);
    runtime.advance(2_100);
    expect(await waiting).toBeNull();
    expect(await views.answer({ ServiceName: 'web', MinQueryIndex: 1 })).toBeNull();
    runtime.advance(60_000);
    await settled();
    stream().tell(end(6));
    expect(await views.answer({ ServiceName: 'web', MinQueryIndex: 1 }).then(ids)).toEqual(['a']);
  });

  it.each([codes.permissionDenied, codes.unimplemented, codes.invalidArgument])(
    'do not stay when the server refuses for good (%i)',
    async (code) => {
      const { views, stream } = setUp();
      const first = views.answer({ ServiceName: 'web', MinQueryIndex: 1 });
      await settled();
      stream().fail(code);
      expect(await first).toBeNull();
      expect(views.size).toBe(0);
    },
  );

  it('go when nobody asks for long', async () => {
    const { runtime, views, stream } = setUp();
    const first = views.answer({ ServiceName: 'web', MinQueryIndex: 1 });
    await settled();
    stream().tell(end(5));
    await first;
    for (let minute = 0; minute < 22; minute++) runtime.advance(60_000);
    expect(views.size).toBe(0);
    expect(stream().signal.aborted).toBe(true);
  });

  it('are not asked about what only servers know', async () => {
    const asked: object[] = [];
    const plain = { reply: 'plain' };
    const answer = async (query: object) => {
      asked.push(query);
      return null;
    };
    const rpc = withViews({ call: () => plain as never }, { answer }, manualRuntime().clock, waitLimits);
    const source = { Datacenter: 'dc1', Segment: '', Node: 'n1', Ip: '' };
    for (const args of [
      { ServiceName: 'web' },
      { ServiceName: 'web', MinQueryIndex: 1, Source: source },
      { ServiceName: 'web', MinQueryIndex: 1, Ingress: true },
      { ServiceName: 'web', MinQueryIndex: 1, RequireConsistent: true },
    ]) {
      expect(rpc.call('Health.ServiceNodes', args)).toBe(plain);
    }
    expect(rpc.call('Health.ServiceChecks', { ServiceName: 'web', MinQueryIndex: 1 })).toBe(plain);
    expect(asked).toEqual([]);
    expect(await rpc.call('Health.ServiceNodes', { ServiceName: 'web', MinQueryIndex: 1 })).toBe(plain);
    expect(await rpc.call('Health.ServiceNodes', { ServiceName: 'web', UseCache: true })).toBe(plain);
    expect(asked).toHaveLength(2);
  });

  it('that are lost while somebody waits leave him the rest of his time', async () => {
    const { clock, advance } = manualRuntime();
    const asked: object[] = [];
    const call = (_method: string, args: object) => {
      asked.push(args);
      return {} as never;
    };
    let lose: (answer: null) => void = () => {};
    const lost = new Promise<null>((resolve) => {
      lose = resolve;
    });
    const rpc = withViews({ call }, { answer: () => lost }, clock, waitLimits);
    const waiting = rpc.call('Health.ServiceNodes', { ServiceName: 'web', MinQueryIndex: 1, MaxQueryTime: 60e9 });
    advance(45_000);
    lose(null);
    await waiting;
    expect(asked).toEqual([{ ServiceName: 'web', MinQueryIndex: 1, MaxQueryTime: 15e9 }]);
  });
});
