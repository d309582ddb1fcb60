import { describe, expect, it } from 'vitest';
import { planRecovery, renderOrder, renderPlan, type Surveyed } from '../../../../src/cli/recover/plan.ts';

const members = ['a', 'b', 'c', 'd'].map((id) => ({
  id,
  address: `10.0.0.${id.charCodeAt(0) - 96}:8300`,
  suffrage: id === 'd' ? 'nonvoter' : 'voter',
}));
const server = (nodeId: string, lastTerm: number, lastIndex: number): Surveyed => ({
  ...{ directory: `/data/${nodeId}`, nodeId, term: lastTerm, lastTerm, lastIndex, snapshotIndex: 0, members },
});

describe('a plan of recovery', () => {
  it('puts the newest log first: the later term, then the longer log', () => {
    const { servers } = planRecovery([server('a', 2, 900), server('b', 3, 100), server('c', 3, 200)], {});
    expect(servers.map(({ nodeId }) => nodeId)).toEqual(['c', 'b', 'a']);
  });

  it('names those alone that are left, where they are now', () => {
    const { peers, lost } = planRecovery([server('a', 2, 9), server('d', 2, 8)], { a: '10.1.1.1:8300' });
    expect(peers).toEqual([
      { id: 'a', address: '10.1.1.1:8300', non_voter: false },
      { id: 'd', address: '10.0.0.4:8300', non_voter: true },
    ]);
    expect(lost).toEqual(['b (10.0.0.2:8300)', 'c (10.0.0.3:8300)']);
  });

  it('gives a vote to those that had none, where nobody else is left', () => {
    expect(planRecovery([server('d', 2, 8)], {}).peers).toEqual([
      { id: 'd', address: '10.0.0.4:8300', non_voter: false },
    ]);
  });

  it.each([
    [[], 'None of the directories can be used'],
    [[server('', 1, 1)], 'holds no node-id'],
    [[server('x', 1, 1)], 'x (/data/x) is no member'],
    [[server('a', 1, 1), server('a', 1, 2)], 'Two of the directories belong to a'],
  ])('is refused for %j', (found, why) => {
    expect(() => planRecovery(found, {})).toThrow(why);
  });

  it('is shown with what cannot be used, and in which order to start', () => {
    const plan = planRecovery([server('a', 2, 9), server('b', 2, 10)], {});
    const text = renderPlan(plan, [{ directory: '/data/c', why: 'broken' }]);
    expect(text).toContain('Cannot be used:\n  /data/c: broken\n');
    expect(text).toContain('The newest log is in /data/b: up to entry 10 of term 2.');
    expect(text).toContain('Given up:\n  c (10.0.0.3:8300)\n  d (10.0.0.4:8300)\n');
    expect(renderOrder(plan)).toContain('  1. the server of /data/b\n  2. the server of /data/a\n');
  });
});
