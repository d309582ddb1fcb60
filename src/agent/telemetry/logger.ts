/**
 * The logger: one fan-out from all named loggers to all sinks. A record nobody wants costs one comparison; a wanted one
 * is formatted once per format, however many sinks there are.
 */
import type { Clock } from '../../lib/runtime.ts';
import type { LogFields, Logger, LogLevel } from './api.ts';
import { FloodGate } from './flood-gate.ts';
import { type LineFormatter, type LogFormat, type LogRecord, lineFormatter, type ZoneOffset } from './log-format.ts';
import { levelRank, rankOff } from './log-level.ts';

/** Where lines go. Sinks queue; they never block, throw or log themselves. */
export interface LogSink {
  readonly format: LogFormat;
  level: LogLevel;
  /** Of a flood of one message, a few will do. */
  readonly sampled?: true;
  /** `line` ends with a line feed. */
  write(line: string, record: LogRecord): void;
}

const leftOut = 'Messages of a flood were left out';

export class LogFanOut {
  readonly #clock: Clock;
  readonly #formatters: Readonly<Record<LogFormat, LineFormatter>>;
  readonly #floods = new FloodGate();
  #sinks: readonly LogSink[] = [];
  /** The lowest rank any sink takes; read by every logging call. */
  minRank: number = rankOff;

  constructor(clock: Clock, zone?: ZoneOffset) {
    this.#clock = clock;
    this.#formatters = { text: lineFormatter('text', zone), json: lineFormatter('json', zone) };
  }

  /** Returns the remover. */
  add(sink: LogSink): () => void {
    this.#sinks = [...this.#sinks, sink];
    this.#updateRank();
    return () => {
      this.#sinks = this.#sinks.filter((other) => other !== sink);
      this.#updateRank();
    };
  }

  setLevel(sinks: readonly LogSink[], level: LogLevel): void {
    for (const sink of sinks) sink.level = level;
    this.#updateRank();
  }

  emit(level: LogLevel, name: string, message: string, fields: LogFields | undefined): void {
    for (const { count, ...left } of this.#floods.tick(this.#clock.nowMs())) {
      const said = { logger: left.name, message: left.message, count };
      this.#write({ wallMs: this.#clock.wallMs(), level: 'warn', name: 'agent', message: leftOut, fields: said }, true);
    }
    const isAdmitted = levelRank[level] < levelRank.warn || this.#floods.admits(name, message);
    this.#write({ wallMs: this.#clock.wallMs(), level, name, message, fields }, isAdmitted);
  }

  #write(record: LogRecord, isAdmitted: boolean): void {
    const rank = levelRank[record.level];
    let text: string | undefined;
    let json: string | undefined;
    for (const sink of this.#sinks) {
      if (rank < levelRank[sink.level] || (sink.sampled === true && !isAdmitted)) continue;
      if (sink.format === 'text') {
        text ??= this.#formatters.text(record);
        sink.write(text, record);
      } else {
        json ??= this.#formatters.json(record);
        sink.write(json, record);
      }
    }
  }

  /** A line of the log's own making, for a sink that has to say something about itself. */
  formatOwn(format: LogFormat, level: LogLevel, message: string, fields?: LogFields): string {
    return this.#formatters[format]({ wallMs: this.#clock.wallMs(), level, name: 'agent', message, fields });
  }

  #updateRank(): void {
    this.minRank = Math.min(rankOff, ...this.#sinks.map((sink) => levelRank[sink.level]));
  }
}

/** A logger over `fanOut`; '' gives lines without a name. */
export function loggerOver(fanOut: LogFanOut, name: string): Logger {
  const { trace, debug, info, warn, error } = levelRank;
  return {
    named: (child) => loggerOver(fanOut, name === '' ? child : `${name}.${child}`),
    enabled: (level) => levelRank[level] >= fanOut.minRank,
    trace: (message, fields) => {
      if (trace >= fanOut.minRank) fanOut.emit('trace', name, message, fields);
    },
    debug: (message, fields) => {
      if (debug >= fanOut.minRank) fanOut.emit('debug', name, message, fields);
    },
    info: (message, fields) => {
      if (info >= fanOut.minRank) fanOut.emit('info', name, message, fields);
    },
    warn: (message, fields) => {
      if (warn >= fanOut.minRank) fanOut.emit('warn', name, message, fields);
    },
    error: (message, fields) => {
      if (error >= fanOut.minRank) fanOut.emit('error', name, message, fields);
    },
  };
}

export interface SimpleLoggerOptions {
  readonly write: (line: string) => void;
  readonly clock: Clock;
  readonly level?: LogLevel;
  readonly format?: LogFormat;
  readonly zone?: ZoneOffset;
  readonly name?: string;
}

/** A logger with one synchronous sink: for tests and for one-shot programs. */
export function createLogger(options: SimpleLoggerOptions): Logger {
  const fanOut = new LogFanOut(options.clock, options.zone);
  fanOut.add({ level: options.level ?? 'trace', format: options.format ?? 'text', write: options.write });
  return loggerOver(fanOut, options.name ?? '');
}

/** Says nothing, costs nothing. */
export const silentLogger: Logger = {
  named: () => silentLogger,
  enabled: () => false,
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
