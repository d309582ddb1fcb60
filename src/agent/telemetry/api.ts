/** What every part of the agent knows of logs and metrics. Implementations are in this folder. */

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** Leveled, named, with key-value pairs, in hclog's form: `[INFO]  agent.server: text: key=value`. */
export interface Logger {
  /** `named('raft')` of `agent.server` logs as `agent.server.raft`. */
  named(name: string): Logger;
  /** True if a message of this level would be written anywhere: guard for costly arguments. */
  enabled(level: LogLevel): boolean;
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Written in insertion order as `key=value`, values with spaces quoted, as hclog does. */
export type LogFields = Readonly<Record<string, unknown>>;

export type Labels = Readonly<Record<string, string>>;

/**
 * Metrics with go-metrics' meaning. Names are dotted without the prefix ('raft.commitTime', 'kvs.apply'). Hot paths ask for
 * a handle once and call it; the other methods look the name up each time.
 */
export interface Metrics {
  counter(name: string, labels?: Labels): (by?: number) => void;
  /** A timing or size distribution. Timings are in milliseconds. */
  sample(name: string, labels?: Labels): (value: number) => void;
  gauge(name: string, labels?: Labels): (value: number) => void;
}
