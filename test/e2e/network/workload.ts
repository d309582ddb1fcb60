/** Clients of all agents at once, whose histories are judged: puts, reads, check-and-sets, locks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { History } from '../../sim/servers/history.ts';
import type { KvInput } from '../../sim/servers/kv-model.ts';
import type { LabAgent } from './agent.ts';

type Outcome =
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unknown' };

interface EntryJson {
  readonly Value: string | null;
  readonly ModifyIndex: number;
  readonly Session?: string;
}

/** Answers that promise that nothing was done. */
const harmless = ['No cluster leader', 'invalid session', 'No known Consul servers'];
const patienceMs = 8_000;

const pick = <T>(of: readonly T[]): T => of[Math.floor(Math.random() * of.length)]!;

export class Workload {
  readonly history = new History();
  acknowledged = 0;
  unknown = 0;
  #running = true;
  #values = 0;
  /** Keys of one scenario: histories stay short. */
  #prefix = '';
  readonly #agents: readonly LabAgent[];
  readonly #clients: Promise<void>[];

  constructor(agents: readonly LabAgent[], writers: number, lockers: number) {
    this.#agents = agents;
    this.#clients = [
      ...Array.from({ length: writers }, (_, i) => this.#writer(`writer ${i}`)),
      ...Array.from({ length: lockers }, (_, i) => this.#locker(`locker ${i}`)),
    ];
  }

  /** From now on other keys are used. */
  chapter(name: string): void {
    this.#prefix = name;
  }

  /** Stops all clients and judges what they saw. @throws SafetyBroken */
  async end(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#clients);
    this.history.check();
  }

  async #writer(name: string): Promise<void> {
    while (this.#running) {
      await sleep(5 + Math.random() * 60);
      const key = `${this.#prefix}/key/${Math.floor(Math.random() * 4)}`;
      const dice = Math.random();
      if (dice < 0.4) await this.#read(name, pick(this.#agents), key, Math.random() < 0.5);
      else if (dice < 0.75) await this.#put(name, key);
      else if (dice < 0.95) await this.#compareAndSet(name, key);
      else await this.#write(name, key, 'DELETE', `/v1/kv/${key}`, '', () => ({ kind: 'delete' }));
    }
  }

  #value(name: string): string {
    return `${++this.#values} by ${name}`;
  }

  #put(name: string, key: string): Promise<boolean> {
    const value = this.#value(name);
    return this.#write(name, key, 'PUT', `/v1/kv/${key}`, value, () => ({ kind: 'put', value }));
  }

  async #compareAndSet(name: string, key: string): Promise<void> {
    const seen = await this.#read(name, pick(this.#agents), key, false);
    if (seen === null) return;
    const value = this.#value(name);
    await this.#write(name, key, 'PUT', `/v1/kv/${key}?cas=${seen.index}`, value, (done) => ({
      kind: 'cas',
      expected: seen.value,
      value,
      done,
    }));
  }

  async #read(
    name: string,
    to: LabAgent,
    key: string,
    consistent: boolean,
  ): Promise<{ value: string; index: number } | null> {
    const floor = this.history.newestIndex(key);
    const call = this.history.called(key, name);
    try {
      const { status, text } = await to.ask('GET', `/v1/kv/${key}${consistent ? '?consistent' : ''}`, '', patienceMs);
      if (status !== 200 && status !== 404) return null;
      const entry = status === 200 ? (JSON.parse(text) as EntryJson[])[0] : undefined;
      const value = entry === undefined ? '' : Buffer.from(entry.Value ?? '', 'base64').toString();
      this.history.returned(call, { kind: 'read', value, session: entry?.Session ?? '' });
      if (entry !== undefined) this.history.sawIndex(key, entry.ModifyIndex, floor);
      return { value, index: entry?.ModifyIndex ?? 0 };
    } catch (error) {
      if ((error as Error).name === 'SafetyBroken') throw error;
      return null;
    }
  }

  async #ask(method: string, path: string, body: string): Promise<Outcome> {
    try {
      const { status, text } = await pick(this.#agents).ask(method, path, body, patienceMs);
      if (status === 200) return { kind: 'answer', text };
      return { kind: harmless.some((words) => text.includes(words)) ? 'refused' : 'unknown' };
    } catch (error) {
      return { kind: (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 'refused' : 'unknown' };
    }
  }

  async #write(
    name: string,
    key: string,
    method: string,
    path: string,
    body: string,
    inputOf: (done: boolean | null) => KvInput,
  ): Promise<boolean> {
    const call = this.history.called(key, name);
    const outcome = await this.#ask(method, path, body);
    if (outcome.kind === 'refused') return false;
    if (outcome.kind === 'unknown') {
      this.unknown++;
      this.history.unknown(call, inputOf(null));
      return false;
    }
    const done = outcome.text.trim() === 'true';
    this.history.returned(call, inputOf(done));
    if (done) this.acknowledged++;
    return done;
  }

  async #locker(name: string): Promise<void> {
    while (this.#running) {
      await sleep(20 + Math.random() * 100);
      const key = `${this.#prefix}/lock`;
      const created = await this.#ask('PUT', '/v1/session/create', '{"LockDelay": "0s", "NodeChecks": []}');
      if (created.kind !== 'answer') continue;
      const session = (JSON.parse(created.text) as { readonly ID: string }).ID;
      // Its node may be taken out of the catalog, and it with it.
      this.history.unknown(this.history.called(key, name), { kind: 'end', session });
      const value = this.#value(name);
      const held = await this.#write(name, key, 'PUT', `/v1/kv/${key}?acquire=${session}`, value, (done) => ({
        kind: 'lock',
        value,
        session,
        done,
      }));
      if (held) {
        await this.#read(name, pick(this.#agents), key, Math.random() < 0.5);
        const free = this.#value(name);
        await this.#write(name, key, 'PUT', `/v1/kv/${key}?release=${session}`, free, (done) => ({
          kind: 'unlock',
          value: free,
          session,
          done,
        }));
      }
      await this.#ask('PUT', `/v1/session/destroy/${session}`, '');
    }
  }
}
