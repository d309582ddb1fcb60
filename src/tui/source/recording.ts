/**
 * A session's data with its times, as lines of JSON: what was answered to which question, what failed, what was logged.
 * The first line says what it is. Secrets of tokens and the agent's whole configuration are left out.
 */
import type { Failure } from './source.ts';

export interface RecordingHead {
  readonly format: 'tc-top-recording';
  readonly version: 1;
  readonly address: string;
  /** Wall clock of its start; all other times are milliseconds since then. */
  readonly startedWallMs: number;
}

export type RecordedEvent =
  | {
      readonly t: number;
      readonly q: string;
      /** The answer's JSON; absent when it is the one before again. */
      readonly v?: unknown;
      readonly i: number;
      /** Known leader. */
      readonly l: boolean;
    }
  | { readonly t: number; readonly q: string; readonly f: Failure }
  | { readonly t: number; readonly log: string };

export interface Recording {
  readonly head: RecordingHead;
  /** By question, in the order of time. */
  readonly answers: ReadonlyMap<string, readonly Exclude<RecordedEvent, { log: string }>[]>;
  readonly logs: readonly { readonly t: number; readonly log: string }[];
  readonly lengthMs: number;
}

/** Thrown for a file that is no recording; the message names the line. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/** A recording may end in the middle of a line: whoever made it may have been killed. */
export function parseRecording(text: string): Recording {
  const lines = text.split('\n');
  const head = parseLine(lines[0] ?? '', 1) as Partial<RecordingHead>;
  if (head.format !== 'tc-top-recording') throw new RecordingError('not a recording of tc top');
  if (head.version !== 1) throw new RecordingError(`a recording of version ${head.version}: this tc reads version 1`);
  const answers = new Map<string, Exclude<RecordedEvent, { log: string }>[]>();
  const logs: { t: number; log: string }[] = [];
  let lengthMs = 0;
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index]!;
    if (line === '') continue;
    if (index === lines.length - 1 && !line.endsWith('}')) break;
    const event = parseLine(line, index + 1) as RecordedEvent;
    if (typeof event.t !== 'number') throw new RecordingError(`line ${index + 1}: no time`);
    lengthMs = Math.max(lengthMs, event.t);
    if ('log' in event) logs.push(event);
    else if (answers.has(event.q)) answers.get(event.q)!.push(event);
    else answers.set(event.q, [event]);
  }
  return { head: head as RecordingHead, answers, logs, lengthMs };
}

function parseLine(line: string, number: number): object {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below, with the number of the line.
  }
  throw new RecordingError(number === 1 ? 'not a recording of tc top' : `line ${number} is damaged`);
}

/** What a recording keeps of an answer. */
export function recordable(path: string, json: unknown): unknown {
  if (path === '/v1/agent/self' && typeof json === 'object' && json !== null) {
    const { DebugConfig: _left, ...rest } = json as Record<string, unknown>;
    return rest;
  }
  if (path.startsWith('/v1/acl/token') && Array.isArray(json)) {
    return json.map((token: Record<string, unknown>) =>
      'SecretID' in token ? { ...token, SecretID: '(not kept)' } : token,
    );
  }
  return json;
}
