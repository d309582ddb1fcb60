/** What the world is told about backups: the health of a service, and a file of metrics. */
import { rename, writeFile } from 'node:fs/promises';
import type { AgentServicesApi } from '../../client/agent-services.ts';
import type { ConsulHttp } from '../../client/http.ts';
import { formatDurationMs } from '../../lib/duration.ts';
import type { Backup } from './backup.ts';

export type CheckStatus = 'passing' | 'warning' | 'critical';

/** A little late is not yet too old. */
const graceMs = 60_000;

/** What is known about the backups. */
export class BackupRecord {
  isLeader = false;
  /** Unix milliseconds; null: none is known. */
  lastGoodMs: number | null = null;
  last: Backup | null = null;
  successes = 0;
  failures = 0;
  failuresInARow = 0;
  lastError = '';
  readonly #intervalMs: number;
  readonly #startedMs: number;

  constructor(intervalMs: number, startedMs: number) {
    this.#intervalMs = intervalMs;
    this.#startedMs = startedMs;
  }

  succeeded(backup: Backup): void {
    this.last = backup;
    this.lastGoodMs = backup.madeAtMs;
    this.successes++;
    this.failuresInARow = 0;
    this.lastError = '';
  }

  failed(why: string): void {
    this.failures++;
    this.failuresInARow++;
    this.lastError = why;
  }

  /** Two intervals without a good backup are too many. */
  status(nowMs: number): { readonly status: CheckStatus; readonly output: string } {
    const role = this.isLeader ? 'makes the backups' : 'waits for the lock';
    const ageMs = nowMs - (this.lastGoodMs ?? this.#startedMs);
    const age = formatDurationMs(Math.max(0, Math.round(ageMs / 1000) * 1000));
    const last = this.lastGoodMs === null ? `no backup since the start ${age} ago` : `last good backup ${age} ago`;
    const why = this.lastError === '' ? '' : `; last error: ${this.lastError}`;
    const output = `${role}; ${last}${why}`;
    // One that waits does not know how the others fare.
    if (!this.isLeader) return { status: 'passing', output };
    if (ageMs > 2 * this.#intervalMs + graceMs) return { status: 'critical', output };
    return { status: this.failuresInARow > 0 ? 'warning' : 'passing', output };
  }

  /** In the text format of Prometheus. */
  metrics(): string {
    const lines: string[] = [];
    const add = (name: string, type: 'gauge' | 'counter', help: string, value: number): void => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`);
    };
    add('consul_snapshot_leader', 'gauge', 'Whether this one makes the backups.', this.isLeader ? 1 : 0);
    add(
      'consul_snapshot_last_success_timestamp_seconds',
      'gauge',
      'When the last good backup was made, 0 for never.',
      (this.lastGoodMs ?? 0) / 1000,
    );
    add('consul_snapshot_interval_seconds', 'gauge', 'Time between backups.', this.#intervalMs / 1000);
    add('consul_snapshot_size_bytes', 'gauge', 'Size of the last one.', this.last?.sizeBytes ?? 0);
    add('consul_snapshot_index', 'gauge', 'Raft index of the last one.', this.last?.index ?? 0);
    add('consul_snapshot_success_total', 'counter', 'Good backups.', this.successes);
    add('consul_snapshot_failure_total', 'counter', 'Failed ones.', this.failures);
    return `${lines.join('\n')}\n`;
  }
}

/** The check is told this often, and given up for dead after three times as long. */
export const heartbeatMs = 10_000;

export interface WatchmanOptions {
  readonly http: ConsulHttp;
  readonly services: Pick<AgentServicesApi, 'register' | 'deregister'>;
  readonly service: string;
  readonly deregisterAfter: string;
  readonly metricsFile: string;
  readonly nowMs: () => number;
}

/** Tells what the record says. Whoever is not reached is told again with the next beat. */
export class Watchman {
  readonly #options: WatchmanOptions;
  readonly record: BackupRecord;
  #isRegistered = false;
  #last: Promise<void> = Promise.resolve();

  constructor(record: BackupRecord, options: WatchmanOptions) {
    this.record = record;
    this.#options = options;
  }

  /** One after the other. Rejects with what could not be told. */
  tell(): Promise<void> {
    const told = this.#last.then(() => this.#tell());
    this.#last = told.catch(() => undefined);
    return told;
  }

  async #tell(): Promise<void> {
    const { http, service, metricsFile, nowMs } = this.#options;
    if (metricsFile !== '') {
      // Others may write the same file; whoever reads it finds the whole of one.
      const own = `${metricsFile}.${process.pid}.tmp`;
      await writeFile(own, this.record.metrics());
      await rename(own, metricsFile);
    }
    if (!this.#isRegistered) await this.#register();
    const { status, output } = this.record.status(nowMs());
    const body = { Status: status, Output: output };
    try {
      await http.put(`/v1/agent/check/update/service:${service}`, body);
    } catch (error) {
      // An agent that started anew may know nothing of it.
      this.#isRegistered = false;
      throw error;
    }
  }

  async #register(): Promise<void> {
    const { services, service, deregisterAfter } = this.#options;
    const Check = { TTL: `${(3 * heartbeatMs) / 1000}s`, DeregisterCriticalServiceAfter: deregisterAfter };
    await services.register({ Name: service, ID: service, Check });
    this.#isRegistered = true;
  }

  async end(): Promise<void> {
    await this.#last;
    const { services, service } = this.#options;
    if (this.#isRegistered) await services.deregister(service);
  }
}
