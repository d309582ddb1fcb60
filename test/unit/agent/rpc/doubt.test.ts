import { describe, expect, it } from 'vitest';
import type { Leadership } from '../../../../src/agent/raft/api.ts';
import { doubtFormerLeaders } from '../../../../src/agent/rpc/doubt.ts';

describe('a leader', () => {
  it('is doubted when it leads no more, and not before', () => {
    const doubted: string[] = [];
    let tell: (leadership: Leadership) => void = () => {};
    const onLeadership = (listener: typeof tell) => {
      tell = listener;
      return () => {};
    };
    doubtFormerLeaders({ doubt: (address) => doubted.push(address) }, { onLeadership }, ({ address }) => address);
    const leads = (id: string): void => tell({ leader: { id, address: `${id}:8300` }, isLeader: false });
    for (const id of ['a', 'a']) leads(id);
    expect(doubted).toEqual([]);
    leads('b');
    expect(doubted).toEqual(['a:8300']);
    tell({ leader: null, isLeader: false });
    leads('c');
    expect(doubted).toEqual(['a:8300', 'b:8300']);
  });
});
