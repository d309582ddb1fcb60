/**
 * `tc top` on a terminal: alternate screen, signals, suspension. Whatever ends it, the terminal is as it was before.
 */
import process from 'node:process';
import { type Instance, render } from 'ink';
import type { Clock } from '../lib/runtime.ts';
import { createApp, type Outside } from './app/app.ts';
import { clipboardSequence } from './app/clipboard.ts';
import { editorCommand, editText } from './app/editor.ts';
import { saveFile } from './app/save-file.ts';
import { createFrame } from './frame.ts';
import type { KeyMap } from './keys.ts';
import { createDatacenterModel } from './models/datacenter.ts';
import { createStore } from './models/store.ts';
import { type LendTerminal, Screen } from './screen.tsx';
import type { ReplayControl } from './source/replay-control.ts';
import type { Source } from './source/source.ts';
import { chooseTheme, createTheme, type ThemeChoice, themeNames } from './theme.ts';
import { views } from './views/index.ts';
import type { Size } from './views/view.ts';

export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

export interface DashboardOptions {
  readonly source: Source;
  readonly clock: Clock;
  readonly theme: ThemeChoice;
  readonly keys: KeyMap;
  readonly terminal: Terminal;
  readonly readOnly?: boolean;
  /** Where to begin: a view and its argument. */
  readonly start?: { readonly view: string; readonly argument: string };
  readonly replay?: ReplayControl | undefined;
  /** Stops the process and resolves when it is continued. By default the signal that ctrl-z stands for. */
  readonly stop?: () => Promise<void>;
  /** By default the user's editor, on the terminal. */
  readonly edit?: (text: string, fileName: string) => Promise<string | undefined>;
  /** Frames a second at most. More than 20 help nobody, and cost a slow line. */
  readonly maxFps?: number;
}

const homeAndErase = '\x1b[H\x1b[2J';
const firstPage = { view: 'pulse', argument: '' };

/** Resolves when the user has quit. Rejects with what broke the screen. */
export async function runDashboard(options: DashboardOptions): Promise<void> {
  const {
    source,
    clock,
    terminal,
    keys,
    readOnly = false,
    start = firstPage,
    replay,
    stop = stopJob,
    maxFps = 20,
  } = options;
  const { edit = (text, name) => editText(editorCommand(process.env), text, name) } = options;
  const { stdin, stdout } = terminal;
  const ended = new AbortController();
  const datacenter = createDatacenterModel(source, replay?.clock ?? clock);
  let look = options.theme;
  const theme = createStore(createTheme(look.depth, look.background));
  const terminalSize = (): Size => ({ width: stdout.columns || 80, height: stdout.rows || 24 });
  let instance: Instance | undefined;
  let lendTerminal: LendTerminal | undefined;
  const onReady = (lend: LendTerminal) => {
    lendTerminal = lend;
  };

  const outside: Outside = {
    quit: () => instance?.unmount(),
    redraw: () => redraw(),
    suspend: () => void lendTerminal?.(stop),
    copy: (text) => void stdout.write(clipboardSequence(text, process.env['TERM'] ?? '')),
    save: saveFile,
    async edit(text, fileName) {
      let edited: string | undefined;
      await lendTerminal?.(async () => {
        edited = await edit(text, fileName);
      });
      return edited;
    },
    setTheme(name) {
      const next = chooseTheme(name, look);
      if (next === undefined) return false;
      look = next;
      theme.set(createTheme(look.depth, look.background));
      return true;
    },
  };
  const app = createApp({
    views,
    start,
    keys,
    source,
    clock,
    datacenter,
    readOnly,
    ended: ended.signal,
    outside,
    themes: themeNames,
    replay,
  });
  const dataClock = replay?.clock ?? clock;
  const frame = createFrame({
    app,
    datacenter,
    address: source.address,
    theme,
    clock,
    dataClock,
    size: terminalSize(),
    maxFps,
  });
  const screen = () => <Screen app={app} frame={frame} onReady={onReady} />;

  /** Nothing on the terminal is trusted any more: the next frame is a whole one, of the size that there is now. */
  function redraw(): void {
    if (instance === undefined) return;
    instance.clear();
    stdout.write(homeAndErase);
    frame.resize(terminalSize());
    instance.rerender(screen());
  }

  // Before Ink listens itself: when it draws anew, the tree has the new size already.
  stdout.on('resize', redraw);
  // Continued without having been suspended by us (kill -STOP): the shell has had the terminal in between.
  process.on('SIGCONT', redraw);
  frame.run(ended.signal);
  replay?.run(ended.signal);
  const running = Promise.all([datacenter.run(ended.signal), app.run(ended.signal)]);
  // The alternate screen takes the cursor over where it is: behind keys that were pressed before we came, for one.
  stdout.write('\r');
  try {
    instance = render(screen(), {
      stdin,
      stdout,
      alternateScreen: true,
      incrementalRendering: true,
      maxFps,
      exitOnCtrlC: false,
      // Nothing here prints: what would be patched is the console of whoever runs us.
      patchConsole: false,
      interactive: true,
    });
    // A mistake in a model ends the dashboard as one in a view does, and is told after the terminal is restored.
    running.catch((error: unknown) => instance?.unmount(error as Error));
    await instance.waitUntilExit();
  } finally {
    ended.abort();
    stdout.off('resize', redraw);
    process.off('SIGCONT', redraw);
  }
  await running;
}

/** The whole job, as the terminal itself would on ctrl-z. */
function stopJob(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGCONT', resolve);
    process.kill(0, 'SIGTSTP');
  });
}
