/** The table of fault tolerance (Raft paper, section 2; every guide of Consul has it): servers, quorum, failures that are tolerated. */
import { describe, expect, it } from 'vitest';
import { runQuorum } from './agents/quorum.ts';

describe('a cluster', () => {
  it.each([
    { servers: 1, quorum: 1, tolerated: 0 },
    { servers: 2, quorum: 2, tolerated: 0 },
    { servers: 3, quorum: 2, tolerated: 1 },
    { servers: 4, quorum: 3, tolerated: 1 },
    { servers: 5, quorum: 3, tolerated: 2 },
    { servers: 6, quorum: 4, tolerated: 2 },
    { servers: 7, quorum: 4, tolerated: 3 },
  ])('of $servers goes on with $quorum, stops with one less, and goes on when it is back', async (row) => {
    const { whole, enough, tooFew, enoughAgain, wholeAgain } = await runQuorum(row.servers, row.quorum);
    const works = { write: 'done', default: 'found', consistent: 'found', stale: 'found' };
    const refused = { write: 'No cluster leader', default: 'No cluster leader', consistent: 'No cluster leader' };
    expect(whole).toEqual(Array(row.servers).fill(works));
    expect(enough).toEqual(Array(row.servers - row.tolerated).fill(works));
    expect(tooFew).toEqual(Array(row.servers - row.tolerated - 1).fill({ ...refused, stale: 'found' }));
    expect(enoughAgain).toEqual(enough);
    expect(wholeAgain).toEqual(whole);
  });
});
