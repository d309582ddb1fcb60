import { describe, expect, it } from 'vitest';
import { diagnose, renderDiagnosis } from '../../../../src/cli/recover/diagnosis.ts';
import type { Surveyed } from '../../../../src/cli/recover/plan.ts';
import type { Asked, Running } from '../../../../src/cli/recover/running.ts';

const members = ['a', 'b', 'c', 'd', 'e'].map((id) => ({
  ...{ id, name: `server-${id}`, suffrage: 'voter' },
  address: `10.0.0.${id.charCodeAt(0) - 96}:8300`,
}));
const addressOf = (id: string): string => members.find((one) => one.id === id)!.address;

const running = (nodeId: string, more: Partial<Running> = {}): Running => ({
  ...{ asked: `http://${nodeId}`, nodeId, name: `server-${nodeId}`, dataDir: `/data/${nodeId}` },
  ...{ isLeader: false, leader: '', term: 3, lastTerm: 3, lastIndex: 100, snapshotIndex: 0, members },
  ...more,
});
const stopped = (nodeId: string, lastTerm = 3, lastIndex = 90): Surveyed => ({
  ...{ directory: `/srv/${nodeId}`, nodeId, term: lastTerm, lastTerm, lastIndex, snapshotIndex: 0, members },
});
const asked = (list: readonly Running[], gossip: Readonly<Record<string, string>> = {}): Asked => ({
  ...{ running: list, members, silent: [], gossip: new Map(Object.entries(gossip)) },
});
const told = (question: Asked, directories: readonly Surveyed[] = []): string =>
  renderDiagnosis(diagnose(question, directories), question.silent, []);

describe('a diagnosis of running servers', () => {
  it('finds nothing to recover where somebody leads a quorum', () => {
    const question = asked([running('a'), running('b', { isLeader: true }), running('c')]);
    const { verdict, leader, living, needed, voters } = diagnose(question, []);
    expect({ verdict, leads: leader?.id, living, needed, voters }).toEqual({
      ...{ verdict: 'leader', leads: 'b', living: 3, needed: 3, voters: 5 },
    });
    const text = told(question);
    expect(text).toContain('There is a leader, server-b, and a quorum: nothing has to be recovered.');
    expect(text).toContain('If it is gone for good: tc operator raft remove-peer -id=d');
  });

  it('believes gossip of those that do not answer here, and followers of who leads', () => {
    const leader = addressOf('e');
    const question = asked([running('a', { leader }), running('b', { leader })], { e: 'alive', d: 'failed' });
    const { verdict, servers } = diagnose(question, []);
    expect(verdict).toBe('leader');
    expect(Object.fromEntries(servers.map(({ id, condition }) => [id, condition]))).toEqual({
      ...{ a: 'answers', b: 'answers', c: 'lost', d: 'lost', e: 'alive' },
    });
  });

  it('knows of a leader that is believed in but gone', () => {
    const leader = addressOf('e');
    const question = asked([running('a', { leader }), running('b', { leader }), running('c', { leader })]);
    expect(diagnose(question, []).verdict).toBe('electing');
  });

  it('never takes a leader without a quorum for one', () => {
    expect(diagnose(asked([running('a', { isLeader: true }), running('b')]), []).verdict).toBe('lost');
  });

  it('of two that lead, the later term counts', () => {
    const both = [running('a', { isLeader: true, term: 3 }), running('b', { isLeader: true, term: 4 }), running('c')];
    expect(diagnose(asked(both), []).leader?.id).toBe('b');
  });

  it('counts stopped servers that would make a quorum', () => {
    const question = asked([running('a'), running('b')]);
    expect(diagnose(question, [stopped('c')]).verdict).toBe('startable');
    expect(told(question, [stopped('c', 3, 120)])).toMatch(
      /newest log is that of server-c: up to entry 120 of term 3\.\n\nStart server-c again: then there is a quorum/,
    );
  });

  it('says step by step what to do when a quorum is lost', () => {
    const text = told(asked([running('a'), running('b', { lastIndex: 101 })]));
    expect(text).toContain('2 of 5 voters live, 3 are needed. The newest log is that of server-b: up to entry 101');
    expect(text).toContain('Bring 1 of these back');
    expect(text).toContain('  server-c, 10.0.0.3:8300\n');
    expect(text).toContain('1. stop server-b, server-a with SIGKILL');
    expect(text).toContain('2. bring /data/b of server-b, /data/a of server-a together');
  });

  it('warns of a server whose log is of before a recovery', () => {
    const left = members.slice(0, 1);
    const question = asked([running('a', { isLeader: true, members: left })]);
    const text = told(question, [stopped('c', 5, 500)]);
    expect(text).toContain('Do not start c with /srv/c: its log is newer than the leader');
    expect(text).not.toContain('Start c (');
  });

  it('shows who did not answer and what cannot be used', () => {
    const question = { ...asked([running('a')]), silent: [{ address: '10.0.0.9:8500', why: 'refused' }] };
    const text = renderDiagnosis(diagnose(question, []), question.silent, [{ directory: '/srv/x', why: 'broken' }]);
    expect(text).toContain('No answer:\n  10.0.0.9:8500: refused\n');
    expect(text).toContain('Cannot be used:\n  /srv/x: broken\n');
  });

  it('makes do with a client agent', () => {
    const { verdict, servers } = diagnose(asked([], { a: 'alive', b: 'alive', c: 'alive' }), []);
    expect(verdict).toBe('electing');
    expect(servers.every(({ log }) => log === null)).toBe(true);
    expect(told(asked([]))).toContain('Of no log it is known how far it goes.');
  });
});
