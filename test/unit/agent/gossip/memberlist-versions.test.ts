import { describe, expect, it } from 'vitest';
import { Memberlist } from '../../../../src/agent/gossip/memberlist/core/memberlist.ts';
import type { PushNodeState } from '../../../../src/agent/gossip/memberlist/messages.ts';
import { consulVsn, profiles } from '../../../../src/agent/gossip/profiles.ts';
import { Stream } from '../../../sim/prng.ts';

const owner = {
  ...{ veto: () => null, vetoAddress: () => false, vetoMerge: () => null },
  ...{ broadcasts: () => [], ackPayload: () => null },
};
const addr = (n: number): Uint8Array => Uint8Array.of(10, 0, 0, n);

function pool() {
  const config = { ...profiles.lan.memberlist, name: 'own', addr: addr(1), port: 8301, vsn: consulVsn };
  const core = new Memberlist(config, owner, new Stream(1, 'versions'), new Uint8Array(0), 0);
  core.takeEffects();
  return core;
}
const other = (vsn: readonly number[] | null, State = 0): PushNodeState => ({
  ...{ Name: 'other', Addr: addr(2), Port: 8301, Meta: null, Incarnation: 1, State },
  Vsn: vsn === null ? null : Uint8Array.from(vsn),
});
const alive = ({ Name: Node, State: _, ...rest }: PushNodeState) =>
  ({ type: 'alive', body: { Node, ...rest } }) as const;

const misfits: [string, number[], string][] = [
  ['speaks a version we do not know', [1, 9, 9, 2, 5, 4], "Node 'other' protocol version (9) is incompatible: [1, 5]"],
  [
    'speaks over it what we do not know',
    [1, 5, 2, 2, 9, 8],
    "Node 'other' delegate protocol version (8) is incompatible: [2, 5]",
  ],
  ['does not know what we speak', [3, 5, 3, 2, 5, 4], "Node 'own' protocol version (2) is incompatible: [3, 5]"],
  [
    'does not know what we speak over it',
    [1, 5, 2, 5, 5, 5],
    "Node 'own' delegate protocol version (4) is incompatible: [5, 5]",
  ],
];

describe('a member whose protocol versions do not fit', () => {
  it.each(misfits)('%s: a join is refused', (_, vsn, why) => {
    const core = pool();
    expect(core.mergeRemote([other(vsn)], true, 0)).toBe(why);
    expect(core.localState().map(({ Name }) => Name)).toEqual(['own']);
  });

  it.each(misfits)('%s: word of it is passed over, and said', (_, vsn, why) => {
    const core = pool();
    core.receive(alive(other(vsn)), { addr: addr(3), port: 8301 }, 0);
    expect(core.localState().map(({ Name }) => Name)).toEqual(['own']);
    expect(core.takeEffects()).toEqual([
      { kind: 'log', level: 'warn', text: `ignoring alive message for 'other': ${why}` },
    ]);
  });

  it('is none of the versions that Consul and Serf speak', () => {
    for (const vsn of [[...consulVsn], [1, 5, 2, 2, 5, 5]]) {
      const core = pool();
      expect(core.mergeRemote([other(vsn)], true, 0)).toBeNull();
      expect(core.localState().map(({ Name }) => Name)).toEqual(['own', 'other']);
    }
  });

  it('counts although it is dead, when it says nothing of versions', () => {
    expect(pool().mergeRemote([other(null, 2)], true, 0)).toBe(
      "Node 'other' protocol version (0) is incompatible: [1, 5]",
    );
  });
});
