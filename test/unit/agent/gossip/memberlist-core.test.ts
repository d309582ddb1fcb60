/** Pools of cores on virtual time: a network of plain function calls that can delay, lose and cut. */
import { describe, expect, it } from 'vitest';
import type { MemberlistConfig } from '../../../../src/agent/gossip/memberlist/core/config.ts';
import { Memberlist } from '../../../../src/agent/gossip/memberlist/core/memberlist.ts';
import type { Effect } from '../../../../src/agent/gossip/memberlist/core/node.ts';
import { decodePacket, encodePacket } from '../../../../src/agent/gossip/memberlist/wire.ts';
import type { Random } from '../../../../src/lib/runtime.ts';

/** mulberry32: small, seeded, good enough for draws. */
function seeded(seed: number): Random {
  let state = seed;
  const float = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    float,
    int: (limit) => Math.floor(float() * limit),
    bytes: (length) => new Uint8Array(length).map(() => Math.floor(float() * 256)),
    uuid: () => 'unused',
  };
}

const lan: Omit<MemberlistConfig, 'name' | 'addr' | 'port'> = {
  vsn: Uint8Array.of(1, 5, 2, 2, 5, 4),
  indirectChecks: 3,
  retransmitMult: 4,
  suspicionMult: 4,
  suspicionMaxTimeoutMult: 6,
  pushPullIntervalMs: 30_000,
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  gossipIntervalMs: 200,
  gossipNodes: 3,
  gossipToTheDeadMs: 30_000,
  awarenessMaxMultiplier: 8,
  deadNodeReclaimMs: 30_000,
  packetBytes: 1400,
};

class Pool {
  now = 0;
  readonly random: Random;
  readonly cores = new Map<string, Memberlist>();
  readonly events: { at: number; by: string; kind: string; node: string }[] = [];
  readonly down = new Set<string>();
  loss = 0;
  #queue: { at: number; id: number; run: () => void }[] = [];
  #id = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  add(index: number): Memberlist {
    const name = `n${index}`;
    const addr = Uint8Array.of(10, 0, index >> 8, index & 255);
    const owner = {
      veto: () => null,
      vetoAddress: () => false,
      vetoMerge: () => null,
      broadcasts: () => [],
      ackPayload: () => null,
    };
    const core = new Memberlist({ ...lan, name, addr, port: 7946 }, owner, this.random, new Uint8Array(0), this.now);
    this.cores.set(name, core);
    this.#drain(name);
    return core;
  }

  join(name: string, other: string): void {
    this.#exchange(name, other, true);
  }

  run(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      let next = this.#queue.reduce((least, q) => Math.min(least, q.at), end);
      for (const [name, core] of this.cores)
        if (!this.down.has(name)) next = Math.min(next, Math.max(this.now, core.nextMs()));
      if (next >= end) break;
      this.now = next;
      const due = this.#queue.filter((q) => q.at <= next).sort((a, b) => a.at - b.at || a.id - b.id);
      this.#queue = this.#queue.filter((q) => q.at > next);
      for (const q of due) q.run();
      for (const [name, core] of this.cores) {
        if (this.down.has(name) || core.nextMs() > next) continue;
        core.tick(next);
        this.#drain(name);
      }
    }
    this.now = end;
  }

  states(of: string): string[] {
    return [...this.cores.values()].map((core) => core.node(of)?.state ?? 'unknown');
  }

  /** What living nodes other than itself think of a node. */
  opinions(of: string): Set<string> {
    const living = [...this.cores].filter(([name]) => name !== of && !this.down.has(name));
    return new Set(living.map(([, core]) => core.node(of)?.state ?? 'unknown'));
  }

  #drain(name: string): void {
    for (const effect of this.cores.get(name)?.takeEffects() ?? []) this.#do(name, effect);
  }

  #later(delay: number, run: () => void): void {
    this.#queue.push({ at: this.now + delay, id: this.#id++, run });
  }

  #nameOf(addr: Uint8Array): string {
    return `n${((addr[2] ?? 0) << 8) | (addr[3] ?? 0)}`;
  }

  #do(from: string, effect: Effect): void {
    switch (effect.kind) {
      case 'packet': {
        const to = this.#nameOf(effect.to.addr);
        const packet = encodePacket(effect.messages, { compress: true, crc: effect.crc });
        if (this.random.float() < this.loss) return;
        this.#later(1 + this.random.float() * 4, () => {
          const core = this.cores.get(to);
          if (core === undefined || this.down.has(to)) return;
          const source = this.cores.get(from)?.local;
          if (source === undefined) return;
          decodePacket(
            packet,
            (m) => core.receive(m, { addr: source.addr, port: source.port }, this.now),
            (reason) => expect(reason).toBe(''),
          );
          this.#drain(to);
        });
        return;
      }
      case 'tcpPing': {
        const to = this.#nameOf(effect.to.addr);
        this.#later(2, () => {
          this.cores.get(from)?.onTcpPing(effect.seqNo, !this.down.has(to));
          this.#drain(from);
        });
        return;
      }
      case 'pushPull':
        this.#later(3, () => this.#exchange(from, effect.node, false));
        return;
      case 'join':
      case 'leave':
      case 'update':
        this.events.push({ at: this.now, by: from, kind: effect.kind, node: effect.node.name });
        return;
      default:
    }
  }

  #exchange(a: string, b: string, join: boolean): void {
    const one = this.cores.get(a);
    const two = this.cores.get(b);
    if (one === undefined || two === undefined || this.down.has(a) || this.down.has(b)) return;
    const [stateOne, stateTwo] = [one.localState(), two.localState()];
    two.mergeRemote(stateOne, join, this.now);
    one.mergeRemote(stateTwo, join, this.now);
    this.#drain(a);
    this.#drain(b);
  }
}

function pool(size: number, seed: number): Pool {
  const made = new Pool(seed);
  for (let i = 0; i < size; i++) made.add(i);
  for (let i = 1; i < size; i++) made.join(`n${i}`, 'n0');
  return made;
}

describe('memberlist', () => {
  it('makes a join known to everybody', () => {
    const p = pool(20, 1);
    p.run(5_000);
    for (let i = 0; i < 20; i++) expect(p.opinions(`n${i}`)).toEqual(new Set(['alive']));
    const own = p.events.filter((e) => e.by === e.node && e.kind === 'join');
    expect(own).toHaveLength(20);
  });

  it('accuses nobody while all is well', () => {
    const p = pool(20, 2);
    p.run(60_000);
    expect(p.events.filter((e) => e.kind === 'leave')).toEqual([]);
    for (const core of p.cores.values()) expect(core.healthScore).toBe(0);
  });

  it('finds a silent node dead, and everybody learns of it', () => {
    const p = pool(20, 3);
    p.run(5_000);
    p.down.add('n7');
    p.run(28_000);
    expect(p.opinions('n7')).toEqual(new Set(['dead']));
  });

  it('never declares a living node dead over 10 % loss', () => {
    const p = pool(20, 4);
    p.run(5_000);
    p.loss = 0.1;
    p.run(120_000);
    expect(p.events.filter((e) => e.kind === 'leave')).toEqual([]);
  });

  it('tells a goodbye from a failure', () => {
    const p = pool(10, 5);
    p.run(5_000);
    let told = false;
    p.cores.get('n3')?.leave(p.now, () => {
      told = true;
    });
    p.run(3_000);
    expect(told).toBe(true);
    expect(p.opinions('n3')).toEqual(new Set(['left']));
  });

  it('forgets in the end who said goodbye', () => {
    const p = pool(3, 5);
    p.run(5_000);
    p.cores.get('n2')?.leave(p.now);
    p.run(3_000);
    p.down.add('n2');
    const core = p.cores.get('n0') as Memberlist;
    p.run(60_000);
    expect(core.node('n2')?.state).toBe('left');
    p.now += 24 * 3600_000;
    p.run(60_000);
    expect(core.nodes.map(({ name }) => name).sort()).toEqual(['n0', 'n1']);
  });

  it('takes a node back that was thought dead', () => {
    const p = pool(10, 6);
    p.run(5_000);
    p.down.add('n2');
    p.run(28_000);
    expect(p.opinions('n2')).toEqual(new Set(['dead']));
    p.down.delete('n2');
    p.join('n2', 'n0');
    p.run(20_000);
    expect(p.opinions('n2')).toEqual(new Set(['alive']));
  });

  it('refuses a name that a living node at another address has', () => {
    const p = pool(3, 7);
    p.run(2_000);
    const core = p.cores.get('n1') as Memberlist;
    core.receive(
      {
        type: 'alive',
        body: { Incarnation: 99, Node: 'n2', Addr: Uint8Array.of(9, 9, 9, 9), Port: 1, Meta: null, Vsn: lan.vsn },
      },
      { addr: Uint8Array.of(9, 9, 9, 9), port: 1 },
      p.now,
    );
    expect(core.takeEffects().some((e) => e.kind === 'conflict')).toBe(true);
    expect([...(core.node('n2')?.addr ?? [])]).toEqual([10, 0, 0, 2]);
  });

  it('gives the name of a dead node away after its time, that of one that left at once', () => {
    const elsewhere = { addr: Uint8Array.of(9, 9, 9, 9), port: 1 };
    const claim = (p: Pool, name: string): string => {
      const core = p.cores.get('n1') as Memberlist;
      const body = { Incarnation: 0, Node: name, Addr: elsewhere.addr, Port: elsewhere.port, Meta: null, Vsn: lan.vsn };
      core.receive({ type: 'alive', body }, elsewhere, p.now);
      core.takeEffects();
      const { state = 'unknown', addr = [] } = core.node(name) ?? {};
      return `${state} at ${addr.join('.')}`;
    };
    const dead = pool(3, 12);
    dead.run(2_000);
    dead.down.add('n2');
    const stateOf = () => dead.cores.get('n1')?.node('n2')?.state;
    while (stateOf() !== 'dead') dead.run(100);
    dead.run(lan.deadNodeReclaimMs - 1_000);
    expect(claim(dead, 'n2')).toBe('dead at 10.0.0.2');
    dead.run(2_000);
    expect(claim(dead, 'n2')).toBe('alive at 9.9.9.9');

    const left = pool(3, 13);
    left.run(2_000);
    left.cores.get('n2')?.leave(left.now);
    left.run(3_000);
    expect(claim(left, 'n2')).toBe('alive at 9.9.9.9');
  });

  it('is the same run for the same seed', () => {
    const trace = (seed: number): string => {
      const p = pool(8, seed);
      p.loss = 0.2;
      p.down.add('n4');
      p.run(60_000);
      return JSON.stringify(p.events);
    };
    expect(trace(11)).toBe(trace(11));
  });
});
