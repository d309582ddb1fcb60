import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Node } from '../../../../src/agent/gossip/memberlist/core/node.ts';
import { Keyring } from '../../../../src/agent/gossip/memberlist/keyring.ts';
import { CoordinateClient } from '../../../../src/agent/gossip/serf/core/coordinate.ts';
import { encodeFilters, matchesFilter } from '../../../../src/agent/gossip/serf/core/filters.ts';
import { Serf } from '../../../../src/agent/gossip/serf/core/serf.ts';
import { type SerfEffect, serfDefaults } from '../../../../src/agent/gossip/serf/core/types.ts';
import { answerConflictQuery, answerKeyQuery } from '../../../../src/agent/gossip/serf/internal-queries.ts';
import {
  ConflictResponse,
  decodeRelay,
  decodeSerf,
  decodeTags,
  encodeRelay,
  encodeSerf,
  encodeTags,
  Join,
  KeyRequest,
  KeyResponse,
  Leave,
  PushPull,
  Query,
  QueryResponse,
  type SerfType,
  serfTypes,
  UserEvent,
} from '../../../../src/agent/gossip/serf/messages.ts';
import { distanceSeconds } from '../../../../src/lib/coordinate.ts';
import type { Random } from '../../../../src/lib/runtime.ts';
import type { Schema } from '../../../../src/structs/schema.ts';

interface Vector {
  readonly name: string;
  readonly hex: string;
  // biome-ignore lint/suspicious/noExplicitAny: recorded data of many shapes
  readonly decoded: any;
}
const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../data/vectors/serf.json'), 'utf8'),
) as Vector[];
const vector = (name: string): Vector => vectors.find((v) => v.name === name) as Vector;
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const random: Random = {
  float: () => 0.5,
  int: (n) => Math.floor(n / 2),
  bytes: (n) => new Uint8Array(n),
  uuid: () => '',
};
const config = { name: 'me', retransmitMult: 4, gossipIntervalMs: 200, ...serfDefaults };
const node = (name: string, tags: Record<string, string> = {}): Node => ({
  name,
  addr: Uint8Array.of(127, 0, 0, 1),
  port: 7946,
  meta: encodeTags(tags),
  vsn: Uint8Array.of(1, 5, 2, 2, 5, 4),
  incarnation: 1,
  state: 'alive',
  stateChangedMs: 0,
  suspicion: null,
});
const started = (): Serf => {
  const serf = new Serf(config, random, 0);
  serf.nodeJoined(node('me'), 0);
  serf.takeEffects();
  return serf;
};
const membersEvents = (effects: SerfEffect[]): string[] =>
  effects.flatMap((e) => (e.kind === 'member' ? [`${e.event} ${e.member.name}`] : []));

describe('messages of serf', () => {
  const cases: [string, SerfType, Schema<unknown>][] = [
    ['leave', 'leave', Leave],
    ['leave-prune', 'leave', Leave],
    ['join', 'join', Join],
    ['push-pull', 'pushPull', PushPull],
    ['push-pull-empty-512', 'pushPull', PushPull],
    ['user-event', 'userEvent', UserEvent],
    ['user-event-consul-new-leader', 'userEvent', UserEvent],
    ['query', 'query', Query],
    ['query-with-filters', 'query', Query],
    ['query-response', 'queryResponse', QueryResponse],
    ['query-ack', 'queryResponse', QueryResponse],
    ['key-request', 'keyRequest', KeyRequest],
    ['key-response-ok', 'keyResponse', KeyResponse],
    ['key-response-list', 'keyResponse', KeyResponse],
    ['key-response-error', 'keyResponse', KeyResponse],
    ['conflict-response', 'conflictResponse', ConflictResponse],
    ['conflict-response-unknown', 'conflictResponse', ConflictResponse],
  ];

  it.each(cases)('reads and writes %s as recorded', (name, type, schema) => {
    const { hex } = vector(name);
    expect(hexOf(encodeSerf(type, schema, decodeSerf(schema, bytesOf(hex))))).toBe(hex);
  });

  it('asks for the list of keys as recorded, with an empty key', () => {
    expect(hexOf(encodeSerf('keyRequest', KeyRequest, { Key: new Uint8Array(0) }))).toBe(
      vector('key-request-list').hex,
    );
  });

  it('wraps and unwraps relays', () => {
    const { hex, decoded } = vector('relay');
    const { header, inner } = decodeRelay(bytesOf(hex));
    expect(hexOf(inner)).toBe(decoded.inner.$hex);
    expect(header.DestName).toBe('node-a');
    expect(hexOf(encodeRelay(header, inner))).toBe(hex);
  });

  it.each(['tags-one', 'tags-empty', 'tags-legacy-role', 'tags-consul-server', 'tags-consul-client'])(
    'reads %s',
    (name) => {
      expect({ ...decodeTags(bytesOf(vector(name).hex)) }).toEqual(vector(name).decoded.tags);
    },
  );

  it('matches the recorded filters', () => {
    const [nodes] = encodeFilters({ filterNodes: ['node-a', 'node-b'] });
    const [tag] = encodeFilters({ filterTags: { role: '^consul$' } });
    expect([hexOf(nodes as Uint8Array), hexOf(tag as Uint8Array)]).toEqual([
      vector('filter-node').hex,
      vector('filter-tag').hex,
    ]);
    expect(matchesFilter(nodes as Uint8Array, 'node-b', {})).toBe(true);
    expect(matchesFilter(nodes as Uint8Array, 'node-c', {})).toBe(false);
    expect(matchesFilter(tag as Uint8Array, 'x', { role: 'consul' })).toBe(true);
    expect(matchesFilter(tag as Uint8Array, 'x', {})).toBe(false);
    expect(matchesFilter(Uint8Array.of(9, 1), 'x', {})).toBe(false);
  });

  it.each([
    ['in the language of Go', '(?i)^CONSUL$', 'consul', true],
    ['that cannot be read', '(', 'consul', false],
    // With a backtracking engine this would take years.
    ['in time that grows with the text alone', '^(a+)+$', `${'a'.repeat(500)}!`, false],
  ])('matches tags by expressions %s', (_, role, tag, matches) => {
    const [filter] = encodeFilters({ filterTags: { role } });
    expect(matchesFilter(filter!, 'x', { role: tag })).toBe(matches);
  });

  it.each(['unknown-type', 'truncated-leave'])('drops %s', (name) => {
    const serf = started();
    serf.receive(bytesOf(vector(name).hex), 0);
    expect(serf.takeEffects().map((e) => e.kind)).toEqual(['log']);
    expect(serf.queues).toEqual({ intents: 0, events: 0, queries: 0 });
  });
});

describe('coordinates', () => {
  it('move as recorded', () => {
    const { start, peer, updates } = vector('vivaldi-updates').decoded;
    const client = new CoordinateClient(random);
    client.coordinate = start;
    for (const step of updates) {
      const after = client.update('peer', peer, step.rtt_ms / 1000);
      expect(after.Error).toBeCloseTo(step.after.Error, 12);
      expect(after.Height).toBeCloseTo(step.after.Height, 12);
      expect(after.Adjustment).toBeCloseTo(step.after.Adjustment, 12);
      for (const [i, x] of after.Vec.entries()) expect(x).toBeCloseTo(step.after.Vec[i], 12);
      expect(Math.round(distanceSeconds(after, peer) * 1e9)).toBe(step.distance_ns);
    }
  });

  it('refuse what cannot be', () => {
    const client = new CoordinateClient(random);
    const peer = { Vec: [0], Error: 1, Adjustment: 0, Height: 0 };
    expect(() => client.update('p', peer, 0.1)).toThrow(vector('vivaldi-dimension-mismatch').decoded.$error);
    expect(() => client.update('p', client.coordinate, 11)).toThrow(vector('vivaldi-rtt-out-of-range').decoded.$error);
  });
});

describe('membership', () => {
  it('tells a goodbye from a failure', () => {
    const serf = started();
    serf.nodeJoined(node('a'), 0);
    serf.nodeJoined(node('b'), 0);
    serf.receive(encodeSerf('leave', Leave, { LTime: 5, Node: 'a', Prune: false }), 0);
    serf.nodeLeft(node('a'), 1);
    serf.nodeLeft(node('b'), 1);
    expect(membersEvents(serf.takeEffects())).toEqual(['join a', 'join b', 'leave a', 'failed b']);
    expect([serf.members.get('a')?.status, serf.members.get('b')?.status]).toEqual(['left', 'failed']);
  });

  it('remembers announcements that came before the member', () => {
    const serf = started();
    serf.receive(encodeSerf('leave', Leave, { LTime: 9, Node: 'late', Prune: false }), 0);
    serf.nodeJoined(node('late'), 1);
    expect(serf.members.get('late')?.status).toBe('leaving');
  });

  it('tells when one that came as leaving, by a goodbye of its life before, stays', () => {
    const serf = started();
    serf.receive(encodeSerf('leave', Leave, { LTime: 9, Node: 'back', Prune: true }), 0);
    serf.nodeJoined(node('back'), 1);
    serf.takeEffects();
    serf.receive(encodeSerf('join', Join, { LTime: 10, Node: 'back' }), 2);
    expect(serf.members.get('back')?.status).toBe('alive');
    expect(membersEvents(serf.takeEffects())).toEqual(['update back']);
    serf.receive(encodeSerf('join', Join, { LTime: 11, Node: 'back' }), 3);
    expect(membersEvents(serf.takeEffects())).toEqual([]);
  });

  it('refutes a goodbye said in its name', () => {
    const serf = started();
    serf.receive(encodeSerf('leave', Leave, { LTime: 9, Node: 'me', Prune: false }), 0);
    expect(serf.members.get('me')?.status).toBe('alive');
    const [sent] = serf.broadcasts(0, 1000);
    expect(decodeSerf(Join, sent as Uint8Array)).toMatchObject({ Node: 'me', LTime: 11 });
  });

  it('refutes a goodbye that others know only from full exchanges, where it counts one later', () => {
    const [me, other, third] = [
      started(),
      new Serf({ ...config, name: 'other' }, random, 0),
      new Serf({ ...config, name: 'third' }, random, 0),
    ];
    for (const one of [other, third]) one.nodeJoined(node('me'), 0);
    other.nodeLeft(node('me'), 0);
    other.forceLeave('me', false, 0);
    // The third hears of it while the other takes it for gone; then it lives for both, and refutes what it hears.
    third.mergeState(other.localState(), false, false, 0);
    expect(third.members.get('me')?.status).toBe('leaving');
    other.nodeJoined(node('me'), 0);
    me.mergeState(third.localState(), false, false, 0);
    third.mergeState(me.localState(), false, false, 0);
    expect(third.members.get('me')?.status).toBe('alive');
  });

  it('forgets on request also where a goodbye came by a full exchange, one later', () => {
    const [one, two] = [started(), new Serf({ ...config, name: 'two' }, random, 0)];
    for (const serf of [one, two]) {
      serf.nodeJoined(node('gone'), 0);
      serf.nodeLeft(node('gone'), 0);
    }
    one.forceLeave('gone', false, 0);
    // Again and again: it does not run ahead.
    for (let i = 0; i < 5; i++) {
      two.mergeState(one.localState(), false, false, 0);
      one.mergeState(two.localState(), false, false, 0);
    }
    expect(two.members.get('gone')?.status).toBe('left');
    one.broadcasts(0, 10_000);
    one.forceLeave('gone', true, 0);
    for (const message of one.broadcasts(0, 10_000)) two.receive(message, 0);
    expect([one.members.get('gone'), two.members.get('gone')]).toEqual([undefined, undefined]);
  });

  it('forgets the failed after their time, and the tag rc_tm overrides it', () => {
    const serf = started();
    serf.nodeJoined(node('a'), 0);
    serf.nodeJoined(node('b', { rc_tm: '1m' }), 0);
    serf.nodeLeft(node('a'), 0);
    serf.nodeLeft(node('b'), 0);
    serf.tick(120_000);
    expect([serf.members.get('a')?.status, serf.members.get('b')]).toEqual(['failed', undefined]);
  });

  it('forgets those that left earlier as well, where the tag rc_tm says so', () => {
    const serf = started();
    for (const [name, tags] of [
      ['a', {}],
      ['b', { rc_tm: '1m' }],
    ] as const) {
      serf.nodeJoined(node(name, tags), 0);
      serf.receive(encodeSerf('leave', Leave, { LTime: 5, Node: name, Prune: false }), 0);
      serf.nodeLeft(node(name), 0);
    }
    serf.tick(120_000);
    expect([serf.members.get('a')?.status, serf.members.get('b')]).toEqual(['left', undefined]);
  });

  it('forgets on request who is not known to be gone yet, as soon as it is, unless it objects', () => {
    const serf = started();
    for (const name of ['gone', 'lives']) {
      serf.nodeJoined(node(name), 0);
      serf.receive(encodeSerf('leave', Leave, { LTime: 5, Node: name, Prune: true }), 0);
    }
    serf.receive(encodeSerf('join', Join, { LTime: 7, Node: 'lives' }), 0);
    for (const name of ['gone', 'lives']) serf.nodeLeft(node(name), 1);
    expect([serf.members.get('gone'), serf.members.get('lives')?.status]).toEqual([undefined, 'failed']);
    expect(membersEvents(serf.takeEffects()).slice(2)).toEqual([
      'update lives',
      'leave gone',
      'reap gone',
      'failed lives',
    ]);
  });

  it('takes over what others know of clocks and goodbyes', () => {
    const [one, two] = [started(), started()];
    for (let i = 0; i < 20; i++) one.userEvent(`e${i}`, null, false);
    one.nodeJoined(node('gone'), 0);
    one.receive(encodeSerf('leave', Leave, { LTime: 30, Node: 'gone', Prune: false }), 0);
    one.nodeLeft(node('gone'), 0);
    two.mergeState(one.localState(), true, true, 0);
    expect(two.eventClock.time).toBeGreaterThanOrEqual(one.eventClock.time - 1);
    expect(two.takeEffects().filter((e) => e.kind === 'userEvent')).toEqual([]);
    two.nodeJoined(node('gone'), 0);
    expect(two.members.get('gone')?.status).toBe('leaving');
  });

  it('ignores state of another kind', () => {
    const serf = started();
    serf.mergeState(bytesOf(vector('bad-pushpull-prefix').hex), false, false, 0);
    expect(serf.takeEffects().map((e) => e.kind)).toEqual(['log']);
  });
});

describe('events and queries', () => {
  it('deliver an event once however often it comes', () => {
    const serf = started();
    const message = bytesOf(vector('user-event').hex);
    serf.receive(message, 0);
    serf.receive(message, 0);
    expect(serf.takeEffects().filter((e) => e.kind === 'userEvent')).toHaveLength(1);
    expect(serf.queues.events).toBe(1);
  });

  it('refuse events beyond the limit', () => {
    const serf = started();
    expect(() => serf.userEvent('e', new Uint8Array(600), false)).toThrow('exceeds configured limit of 512 bytes');
  });

  it('answer a query with an ack and a response', () => {
    const [asker, other] = [started(), new Serf({ ...config, name: 'other' }, random, 0)];
    other.nodeJoined(node('other', { role: 'web' }), 0);
    other.takeEffects();
    const acks: string[] = [];
    const answers: string[] = [];
    asker.query(
      { name: 'q', payload: null, wantAcks: true, relayFactor: 0, filterTags: { role: 'web' }, timeoutMs: 1000 },
      { addr: Uint8Array.of(127, 0, 0, 1), port: 1 },
      0,
      {
        onAck: (from) => acks.push(from),
        onResponse: (from, p) => answers.push(`${from} ${Buffer.from(p ?? []).toString()}`),
      },
    );
    for (const message of asker.broadcasts(0, 1000)) other.receive(message, 0);
    for (const effect of other.takeEffects()) {
      if (effect.kind === 'query') other.respond(effect.incoming, Buffer.from('yes'), 1);
      if (effect.kind === 'send') asker.receive(effect.message, 1);
    }
    for (const effect of other.takeEffects()) if (effect.kind === 'send') asker.receive(effect.message, 1);
    expect([acks, answers]).toEqual([['other'], ['other yes']]);
    expect(asker.takeEffects().filter((e) => e.kind === 'query')).toEqual([]);
  });

  it('are answered through as many others as the relay factor says, besides directly', () => {
    const query = {
      LTime: 5,
      ID: 6,
      Addr: Uint8Array.of(10, 0, 0, 9),
      Port: 7,
      SourceNode: 'asker',
      Filters: null,
      Flags: 0,
      Timeout: 1e9,
      Name: 'q',
      Payload: null,
    };
    const sent = (RelayFactor: number, members: number): [string, boolean][] => {
      const serf = started();
      for (let i = 0; i < members; i++) {
        serf.nodeJoined({ ...node(`n${i}`), addr: Uint8Array.of(10, 0, 0, i) }, 0);
      }
      serf.takeEffects();
      serf.respond({ query: { ...query, RelayFactor }, deadlineMs: 1 }, Buffer.from('yes'), 0);
      return serf.takeEffects().flatMap((e): [string, boolean][] => {
        if (e.kind !== 'send') return [];
        const relayed = e.message[0] === serfTypes.relay;
        if (relayed) expect(decodeRelay(e.message).header.DestAddr).toMatchObject({ IP: query.Addr, Port: 7 });
        return [[e.to.addr.join('.'), relayed]];
      });
    };
    expect(sent(0, 4)).toEqual([['10.0.0.9', false]]);
    const relayed = sent(2, 4);
    expect(relayed[0]).toEqual(['10.0.0.9', false]);
    expect(relayed.slice(1).map(([, wrapped]) => wrapped)).toEqual([true, true]);
    expect(new Set(relayed.slice(1).map(([to]) => to)).size).toBe(2);
    // With fewer members than that nobody is asked to pass it on.
    expect(sent(3, 2)).toEqual([['10.0.0.9', false]]);
  });

  it('about keys say so when the changed ring cannot be written', () => {
    const ring = new Keyring([new Uint8Array(16)]);
    const asked = encodeSerf('keyRequest', KeyRequest, { Key: new Uint8Array(32) });
    const fails = (): void => {
      throw new Error('no space left on device');
    };
    const answer = decodeSerf(KeyResponse, answerKeyQuery('install-key', asked, ring, fails, 1024));
    const Message = 'Failed to write keyring file: no space left on device';
    expect(answer).toMatchObject({ Result: false, Message });
    expect(
      decodeSerf(
        KeyResponse,
        answerKeyQuery('install-key', asked, ring, () => {}, 1024),
      ).Result,
    ).toBe(true);
  });

  it('about a name that two nodes have are answered by everybody else', () => {
    const { hex } = vector('conflict-response');
    const known = {
      ...{
        name: 'node-c',
        addr: Uint8Array.of(127, 0, 0, 3),
        port: 7946,
        tags: { role: 'web' },
        status: 'alive' as const,
      },
      ...{ statusTime: 1, goneAtMs: 0, prune: false, vsn: Uint8Array.of(1, 5, 2, 2, 5, 4) },
    };
    const find = (name: string) => (name === 'node-c' ? known : undefined);
    const asked = (name: string, self: string) => answerConflictQuery(Buffer.from(name), self, find);
    expect(hexOf(asked('node-c', 'me')!)).toBe(hex);
    expect(hexOf(asked('node-x', 'me')!)).toBe(vector('conflict-response-unknown').hex);
    expect(asked('node-c', 'node-c')).toBeNull();
  });

  it('take no answers after the deadline', () => {
    const serf = started();
    let got = 0;
    const open = serf.query(
      { name: 'q', payload: null, wantAcks: false, relayFactor: 0, timeoutMs: 100 },
      { addr: Uint8Array.of(127, 0, 0, 1), port: 1 },
      0,
      { onAck: () => {}, onResponse: () => got++ },
    );
    const late = { LTime: open.time, ID: open.id, From: 'x', Flags: 0, Payload: null };
    serf.receive(encodeSerf('queryResponse', QueryResponse, late), 200);
    expect(got).toBe(0);
  });
});
