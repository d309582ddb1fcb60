/** What `tc top` loads when it is asked for: the dashboard, and its plain twin for scripts. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { Client } from '../client/index.ts';
import { nodeRuntime } from '../lib/runtime-node.ts';
import { parseSettings, settingsPath, type TopSettings } from './app/settings.ts';
import { runDashboard } from './dashboard.tsx';
import { printOnce } from './once.ts';
import { clientSource } from './source/client-source.ts';
import { recordingSource } from './source/record.ts';
import { parseRecording } from './source/recording.ts';
import { openRecording, readRecording } from './source/recording-file.ts';
import { replaySource } from './source/replay.ts';
import { createReplayClock } from './source/replay-clock.ts';
import { createReplayControl, type ReplayControl } from './source/replay-control.ts';
import type { Source } from './source/source.ts';
import { chooseTheme, detectBackground, detectColorDepth, type ThemeChoice } from './theme.ts';
import { views } from './views/index.ts';

export interface TopOptions {
  /** Undefined for a recording. */
  readonly client: Client | undefined;
  readonly view: string;
  readonly readOnly: boolean;
  /** File to write what is seen to. */
  readonly record: string;
  /** File to show instead of an agent. */
  readonly replay: string;
}

/** Ids, for the error that names them. */
export const viewNames = views.map(({ id }) => id);

/** `service web` is a view and its argument. Undefined: there is no such view. */
export function parseView(text: string): { readonly view: string; readonly argument: string } | undefined {
  const [, name = '', argument = ''] = /^\s*(\S*)\s*(.*?)\s*$/.exec(text) ?? [];
  const view = views.find(({ id, aliases }) => id === name || aliases.includes(name));
  return view === undefined || (view.needsArgument && argument === '') ? undefined : { view: view.id, argument };
}

export async function top(options: TopOptions): Promise<void> {
  const { keys, theme } = readSettings();
  const { env } = process;
  const { clock } = nodeRuntime;
  const detected: ThemeChoice = { depth: detectColorDepth(env), background: detectBackground(env) };
  const { source, replay, finish } = openSource(options);
  try {
    await runDashboard({
      source,
      clock,
      theme: (theme === undefined ? undefined : chooseTheme(theme, detected)) ?? detected,
      keys,
      readOnly: options.readOnly || replay !== undefined,
      start: parseView(options.view) ?? { view: 'pulse', argument: '' },
      replay,
      terminal: { stdin: process.stdin, stdout: process.stdout },
    });
  } finally {
    await finish();
  }
}

/** Throws a `SourceError` when the agent does not answer at all. */
export async function topOnce(options: TopOptions, json: boolean, signal: AbortSignal): Promise<string> {
  const start = parseView(options.view) ?? { view: 'pulse', argument: '' };
  const { source, replay, lengthMs, finish } = openSource(options);
  const running = replay && { control: replay, lengthMs };
  try {
    return await printOnce({ source, clock: nodeRuntime.clock, ...start, json, signal, replay: running });
  } finally {
    await finish();
  }
}

interface OpenSource {
  readonly source: Source;
  readonly replay?: ReplayControl;
  readonly lengthMs: number;
  /** Everything recorded is in the file. */
  readonly finish: () => Promise<void>;
}

/** Throws a `RecordingError` for a file that is none, or cannot be read or written. */
function openSource({ client, record, replay: file }: TopOptions): OpenSource {
  const { clock } = nodeRuntime;
  const finish = async () => {};
  if (client === undefined) {
    const recording = parseRecording(readRecording(file));
    const replayClock = createReplayClock(clock, recording.head.startedWallMs);
    const replay = createReplayControl(recording, replayClock, clock);
    return { source: replaySource(recording, replayClock), replay, lengthMs: recording.lengthMs, finish };
  }
  const source = clientSource(client);
  if (record === '') return { source, lengthMs: 0, finish };
  const writer = openRecording(record);
  const recording = recordingSource(source, clock, writer.write);
  const ended = new AbortController();
  const work = recording.run(ended.signal);
  return {
    source: recording,
    lengthMs: 0,
    async finish() {
      ended.abort();
      await work;
      await writer.close();
    },
  };
}

/** Throws a `SettingsError` for a file that is not what it should be. */
function readSettings(): TopSettings {
  const path = settingsPath(process.env);
  if (path === undefined) return parseSettings(undefined, '');
  try {
    return parseSettings(readFileSync(path, 'utf8'), path);
  } catch (error) {
    // Nobody has to have settings.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return parseSettings(undefined, path);
    throw error;
  }
}
