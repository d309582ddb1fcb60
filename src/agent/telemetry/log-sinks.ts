/** The log's outputs as configured: console, file, syslog; each with a queue of its own. */
import type { Clock } from '../../lib/runtime.ts';
import type { Config } from '../config/config.ts';
import type { LogLevel } from './api.ts';
import { type ConsoleStream, consoleOutput } from './console-output.ts';
import { type LineOutput, LineQueue, type QueuedLine } from './line-queue.ts';
import { LogFile } from './log-file.ts';
import { type LogFormat, textBody } from './log-format.ts';
import { levelNames, parseLogLevel } from './log-level.ts';
import type { LogFanOut, LogSink } from './logger.ts';
import { SyslogFacilityError, SyslogOutput, type SyslogTransport, severity } from './syslog.ts';

/** Thrown when logging cannot be set up as configured; the agent does not start then. The message is for the operator. */
export class LogSetupError extends Error {
  override readonly name = 'LogSetupError';
}

export interface LogSinkOptions {
  readonly log: Config['log'];
  readonly clock: Clock;
  readonly fanOut: LogFanOut;
  readonly console: ConsoleStream;
  readonly connectSyslog?: () => Promise<SyslogTransport>;
}

export interface LogSinks {
  readonly all: readonly LogSink[];
  readonly queues: readonly LineQueue[];
  /** Held until the start-up banner is out. */
  readonly consoleQueue: LineQueue;
}

/** Opens everything and joins it to the fan-out. Throws LogSetupError. */
export function openLogSinks(options: LogSinkOptions): LogSinks {
  const { log, fanOut } = options;
  const level = configuredLevel(log.level);
  const format: LogFormat = log.json ? 'json' : 'text';
  const outputs: { name: string; output: LineOutput; held: boolean }[] = [];
  if (log.file !== '') outputs.push({ name: 'log file', output: openLogFile(options), held: false });
  if (log.syslog) outputs.push({ name: 'syslog', output: openSyslog(options), held: false });
  outputs.push({ name: 'console', output: consoleOutput(options.console), held: true });

  const queues = outputs.map(({ name, output, held }) => lineQueue(options, format, name, output, held));
  const all = outputs.map(({ name }, at) => (name === 'syslog' ? syslogSink : lineSink)(queues[at]!, format, level));
  for (const sink of all) fanOut.add(sink);
  return { all, queues, consoleQueue: queues.at(-1)! };
}

/** Throws LogSetupError with the text Consul gives for a level it does not know. */
export function configuredLevel(name: string): LogLevel {
  const level = parseLogLevel(name);
  if (level === null) {
    throw new LogSetupError(`Invalid log level: ${name}. Valid log levels are: [${levelNames.join(' ')}]`);
  }
  return level;
}

function lineQueue(
  { clock, fanOut }: LogSinkOptions,
  format: LogFormat,
  name: string,
  output: LineOutput,
  held: boolean,
): LineQueue {
  return new LineQueue({
    clock,
    output,
    held,
    // The failing output queues this line too and shows it when it works again.
    onFailure: (error) => fanOut.emit('warn', 'agent', `Writing to the ${name} fails, retrying`, { error }),
    lostLine: (count): QueuedLine => {
      const fields = { output: name, count };
      if (name === 'syslog')
        return { line: `agent: Log lines were lost: output=syslog count=${count}`, tag: severity.warn };
      return { line: fanOut.formatOwn(format, 'warn', 'Log lines were lost', fields), tag: 0 };
    },
  });
}

const lineSink = (queue: LineQueue, format: LogFormat, level: LogLevel): LogSink => ({
  format,
  level,
  sampled: true,
  write: (line) => queue.push(line),
});

/** Syslog has time and severity of its own. */
const syslogSink = (queue: LineQueue, format: LogFormat, level: LogLevel): LogSink => ({
  format,
  level,
  sampled: true,
  write: (line, record) => queue.push(format === 'json' ? line.trimEnd() : textBody(record), severity[record.level]),
});

function openLogFile({ log, clock, fanOut }: LogSinkOptions): LogFile {
  try {
    return new LogFile({
      path: log.file,
      rotateBytes: log.rotateBytes,
      rotateDurationMs: log.rotateDurationMs,
      rotateMaxFiles: log.rotateMaxFiles,
      clock,
      onPruneError: (error) => fanOut.emit('warn', 'agent', 'Cannot remove an old log file', { error }),
    });
  } catch (error) {
    throw new LogSetupError(`Failed to setup logging: ${systemErrorText(error)}`, { cause: error });
  }
}

function openSyslog({ log, clock, connectSyslog }: LogSinkOptions): SyslogOutput {
  try {
    return new SyslogOutput({
      facility: log.syslogFacility,
      clock,
      pid: process.pid,
      ...(connectSyslog && { connect: connectSyslog }),
    });
  } catch (error) {
    if (!(error instanceof SyslogFacilityError)) throw error;
    throw new LogSetupError(`Syslog setup error: ${error.message}`, { cause: error });
  }
}

/** `open /path: no such file or directory`: Node's error in Go's order. */
function systemErrorText(error: unknown): string {
  const { message, syscall, path } = error as NodeJS.ErrnoException;
  const reason = /^[A-Z0-9]+: (.*?), /.exec(message)?.[1];
  return reason === undefined ? message : `${syscall} ${path}: ${reason}`;
}
