/** Clients of whole servers: they write, compare and set, read, wait for changes and lock, each on whichever server they pick. */
import { type DirEntry, DirEntry as DirEntrySchema } from '../../../src/structs/kv.ts';
import { make } from '../../../src/structs/make.ts';
import { Session } from '../../../src/structs/session.ts';
import type { Stream } from '../prng.ts';
import { SafetyBroken } from '../single-checker.ts';
import type { World } from '../world.ts';
import { ask, type Endpoint } from './ask.ts';
import type { Call, History } from './history.ts';
import type { KvInput } from './kv-model.ts';

const watchTimeoutsMs = [300, 1_000, 3_000];
/** A key that seldom changes: who waits on it mostly waits in vain. */
const quietKey = 'quiet';
const quietMs = 1_000;
/** A change must reach who waits for it within this, once the weather is calm. */
const wakeLimitMs = 1_500;

export interface ClientsOptions {
  readonly world: World;
  readonly agents: readonly Endpoint[];
  readonly history: History;
  readonly options: { readonly clients: number; readonly keys: number; readonly thinkMs: number };
  /** Nodes may leave, and take every session with them. */
  readonly nodesLeave: boolean;
  readonly onFailure: (error: unknown) => void;
}

interface Change {
  readonly value: string;
  readonly atMs: number;
}

export class Clients {
  /** Clients stop when what they are at is over. */
  stopping = false;
  /** Since when no fault is left; Infinity = not yet. */
  calmSinceMs = Number.POSITIVE_INFINITY;
  /** When the newest leader came: somebody who was alone may force one more election when the weather is calm. */
  leaderSinceMs = 0;
  busy = 0;
  readonly #options: ClientsOptions;
  readonly #random: Stream;
  readonly #acknowledged = new Map<string, Change[]>();
  #values = 0;

  constructor(options: ClientsOptions) {
    this.#options = options;
    this.#random = options.world.stream('clients');
  }

  get keys(): string[] {
    return [quietKey, ...Array.from({ length: this.#options.options.keys }, (_, i) => `key/${i}`)];
  }
  readonly locks = ['lock/0', 'lock/1'];

  start(): void {
    const { clients } = this.#options.options;
    for (let i = 0; i < clients; i++) this.#run(() => this.#writer(`writer ${i}`));
    this.#run(() => this.#quietWriter('quiet writer'));
    for (let i = 0; i < 2; i++) this.#run(() => this.#watcher(`watcher ${i}`, this.#random.pick(this.keys)));
    for (let i = 0; i < 3; i++) this.#run(() => this.#watcher(`quiet watcher ${i}`, quietKey));
    for (let i = 0; i < 3; i++) this.#run(() => this.#locker(`locker ${i}`));
  }

  #run(client: () => Promise<void>): void {
    this.busy++;
    client().then(
      () => {
        this.busy--;
      },
      (error) => this.#options.onFailure(error),
    );
  }

  #pick(): Endpoint {
    return this.#random.pick(this.#options.agents);
  }

  #think(): Promise<void> {
    return this.#options.world.sleep(this.#random.around(this.#options.options.thinkMs) + 1);
  }

  async #writer(name: string): Promise<void> {
    while (!this.stopping) {
      await this.#think();
      const key = this.#random.pick(this.keys.slice(1));
      const dice = this.#random.float();
      if (dice < 0.35) await this.read(name, this.#pick(), key, this.#random.chance(0.5));
      else if (dice < 0.7) await this.put(name, this.#pick(), key);
      else if (dice < 0.95) await this.#compareAndSet(name, key);
      else await this.#write(name, this.#pick(), 'delete', { Key: key }, () => ({ kind: 'delete' }));
    }
  }

  async #quietWriter(name: string): Promise<void> {
    while (!this.stopping) {
      await this.#options.world.sleep(this.#random.around(quietMs));
      await this.put(name, this.#pick(), quietKey);
    }
  }

  put(name: string, to: Endpoint, key: string): Promise<boolean> {
    const value = this.#newValue(name);
    return this.#write(name, to, 'set', { Key: key, Value: Buffer.from(value) }, () => ({ kind: 'put', value }));
  }

  #newValue(name: string): string {
    return `${++this.#values} by ${name}`;
  }

  async #compareAndSet(name: string, key: string): Promise<void> {
    const seen = await this.read(name, this.#pick(), key, false);
    if (seen === null) return;
    await this.#think();
    const value = this.#newValue(name);
    const { value: expected, index } = seen;
    const entry = { Key: key, Value: Buffer.from(value), ModifyIndex: index };
    await this.#write(name, this.#pick(), 'cas', entry, (done) => ({ kind: 'cas', expected, value, done }));
  }

  /** @returns whether it was done, as far as is known */
  async #write(
    name: string,
    to: Endpoint,
    op: string,
    entry: Partial<DirEntry>,
    inputOf: (done: boolean | null) => KvInput,
  ): Promise<boolean> {
    const { world, history } = this.#options;
    const key = entry.Key!;
    const call = history.called(key, name);
    const outcome = await ask(this.#options.world, to, 'KVS.Apply', {
      Datacenter: 'dc1',
      Op: op,
      DirEnt: make(DirEntrySchema, entry),
    });
    if (outcome.kind === 'refused') {
      world.sometime(`write refused: ${outcome.why.replaceAll(/[0-9a-f-]{36}/g, 'ID').slice(0, 40)}`);
      return false;
    }
    if (outcome.kind === 'unknown') {
      world.sometime('write of unknown outcome');
      history.unknown(call, inputOf(null));
      return false;
    }
    // Only conditional writes say whether they were done.
    const done = op === 'set' || op === 'delete' || outcome.answer.reply;
    const input = inputOf(done);
    world.trace(`${name} ${op} ${key} on ${to.id}: ${done}`);
    if (op === 'cas') world.sometime(done ? 'cas done' : 'cas refused');
    if (op === 'lock') world.sometime(done ? 'lock taken' : 'lock held by another');
    history.returned(call, input);
    if (done && 'value' in input) {
      const changes = this.#acknowledged.get(key) ?? [];
      changes.push({ value: input.value, atMs: world.nowMs });
      this.#acknowledged.set(key, changes);
    }
    return done;
  }

  /** @returns what was read, null when there was no answer */
  async read(
    name: string,
    to: Endpoint,
    key: string,
    consistent: boolean,
  ): Promise<{ readonly value: string; readonly index: number } | null> {
    const { history } = this.#options;
    const floor = history.newestIndex(key);
    const call = history.called(key, name);
    const outcome = await ask(this.#options.world, to, 'KVS.Get', {
      Datacenter: 'dc1',
      Key: key,
      RequireConsistent: consistent,
    });
    if (outcome.kind !== 'answer') return null;
    this.#options.world.sometime(consistent ? 'consistent read' : 'default read');
    return this.#saw(call, outcome.answer.reply.Entries?.[0], floor);
  }

  #saw(call: Call, entry: DirEntry | undefined, floor: number): { readonly value: string; readonly index: number } {
    const { history, world } = this.#options;
    const value = entry === undefined ? '' : Buffer.from(entry.Value ?? []).toString();
    const index = entry?.ModifyIndex ?? 0;
    world.trace(`${call.client} read ${call.key}: ${value} at ${index}`);
    history.returned(call, { kind: 'read', value, session: entry?.Session ?? '' });
    if (entry !== undefined) history.sawIndex(call.key, index, floor);
    return { value, index };
  }

  /** Waits for one change after the other, on changing servers. */
  async #watcher(name: string, key: string): Promise<void> {
    const { world, history } = this.#options;
    let seen = 1;
    while (!this.stopping) {
      const floor = history.newestIndex(key);
      const call = history.called(key, name);
      const startMs = world.nowMs;
      const outcome = await ask(this.#options.world, this.#pick(), 'KVS.Get', {
        Datacenter: 'dc1',
        Key: key,
        MinQueryIndex: seen,
        MaxQueryTime: this.#random.pick(watchTimeoutsMs) * 1e6,
      });
      if (outcome.kind !== 'answer') {
        await this.#think();
        continue;
      }
      const { reply, meta } = outcome.answer;
      const { value, index } = this.#saw(call, reply.Entries?.[0], floor);
      const news = index > seen;
      world.sometime(news ? 'blocking query saw a change' : 'blocking query timed out');
      if (news) this.#demandPrompt(key, value, startMs);
      seen = Math.max(1, meta.Index);
    }
  }

  /** In calm weather nobody waits for a change that has happened. */
  #demandPrompt(key: string, value: string, startMs: number): void {
    const { nowMs } = this.#options.world;
    const change = this.#acknowledged.get(key)?.find((one) => one.value === value);
    if (change === undefined) return;
    const sinceMs = Math.max(change.atMs, startMs, this.calmSinceMs, this.leaderSinceMs);
    if (nowMs - sinceMs > wakeLimitMs) {
      throw new SafetyBroken(`a blocking query on ${key} heard of "${value}" ${Math.round(nowMs - sinceMs)} ms late`);
    }
  }

  async #locker(name: string): Promise<void> {
    let session: string | null = null;
    while (!this.stopping) {
      await this.#think();
      session ??= await this.#newSession();
      if (session === null) continue;
      const key = this.#random.pick(this.locks);
      const mine = session;
      const value = this.#newValue(name);
      const entry = { Key: key, Value: Buffer.from(value), Session: mine };
      const held = await this.#write(name, this.#pick(), 'lock', entry, (done) => ({
        kind: 'lock',
        value,
        session: mine,
        done,
      }));
      if (held) {
        await this.#think();
        await this.read(name, this.#pick(), key, this.#random.chance(0.5));
        const free = this.#newValue(name);
        const released = { Key: key, Value: Buffer.from(free), Session: mine };
        if (this.#random.chance(0.9)) {
          await this.#write(name, this.#pick(), 'unlock', released, (done) => ({
            kind: 'unlock',
            value: free,
            session: mine,
            done,
          }));
        }
      }
      if (this.#random.chance(0.1)) session = await this.#endOrRenew(session);
    }
  }

  async #newSession(): Promise<string | null> {
    const { history, agents, nodesLeave } = this.#options;
    const kind = this.#random.pick(['lasting', 'ttl', 'checked'] as const);
    const calls = this.locks.map((key) => history.called(key, 'session'));
    const outcome = await ask(this.#options.world, this.#pick(), 'Session.Apply', {
      Datacenter: 'dc1',
      Op: 'create',
      Session: make(Session, {
        Node: this.#random.pick(agents).id,
        TTL: kind === 'ttl' ? '1s' : '',
        NodeChecks: kind === 'checked' ? ['serfHealth'] : null,
      }),
    });
    if (outcome.kind !== 'answer') return null;
    const session = outcome.answer.reply;
    this.#options.world.sometime(`session created: ${kind}`);
    // It may end by itself, at any time from now on.
    if (kind !== 'lasting' || nodesLeave) for (const call of calls) history.unknown(call, { kind: 'end', session });
    return session;
  }

  async #endOrRenew(session: string): Promise<string | null> {
    const { history } = this.#options;
    if (this.#random.chance(0.5)) {
      const outcome = await ask(this.#options.world, this.#pick(), 'Session.Renew', {
        Datacenter: 'dc1',
        SessionID: session,
      });
      const gone = outcome.kind === 'answer' && (outcome.answer.reply.Sessions ?? []).length === 0;
      if (gone) this.#options.world.sometime('session found ended');
      return gone ? null : session;
    }
    for (const key of this.locks) history.unknown(history.called(key, 'session'), { kind: 'end', session });
    await ask(this.#options.world, this.#pick(), 'Session.Apply', {
      Datacenter: 'dc1',
      Op: 'destroy',
      Session: make(Session, { ID: session }),
    });
    return null;
  }
}
