/**
 * `tc top` on a terminal: alternate screen, signals, suspension. Whatever ends it, the terminal is as it was before.
 */
import process from 'node:process';
import { type Instance, render } from 'ink';
import type { Clock } from '../lib/runtime.ts';
import { createApp, type Outside } from './app-state.ts';
import { createFrame } from './frame.ts';
import { createDatacenterModel } from './models/datacenter.ts';
import { createKvModel } from './models/kv.ts';
import { createLogsModel } from './models/logs.ts';
import { createSessionsModel } from './models/sessions.ts';
import type { Source } from './models/source.ts';
import { type LendTerminal, Screen } from './screen.tsx';
import type { Theme } from './theme.ts';
import { kvView } from './views/kv/view.ts';
import { logsView } from './views/logs/view.ts';
import { membersView } from './views/members/view.ts';
import { overviewView } from './views/overview/view.ts';
import { sessionsView } from './views/sessions/view.ts';
import type { Size } from './views/view.ts';

export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

export interface DashboardOptions {
  readonly source: Source;
  readonly clock: Clock;
  readonly theme: Theme;
  readonly terminal: Terminal;
  /** Stops the process and resolves when it is continued. By default the signal that ctrl-z stands for. */
  readonly stop?: () => Promise<void>;
  /** Frames a second at most. More than 20 help nobody, and cost a slow line. */
  readonly maxFps?: number;
}

const homeAndErase = '\x1b[H\x1b[2J';

/** Resolves when the user has quit. Rejects with what broke the screen. */
export async function runDashboard(options: DashboardOptions): Promise<void> {
  const { source, clock, theme, terminal, stop = stopJob, maxFps = 20 } = options;
  const { stdin, stdout } = terminal;
  const ended = new AbortController();
  const datacenter = createDatacenterModel(source, clock);
  const views = [
    overviewView(datacenter),
    membersView(datacenter),
    kvView(createKvModel(source, clock)),
    sessionsView(createSessionsModel(source, clock)),
    logsView(createLogsModel(source, clock), ended.signal),
  ];
  const app = createApp(views, outside);
  const terminalSize = (): Size => ({ width: stdout.columns || 80, height: stdout.rows || 24 });
  const frame = createFrame({ app, datacenter, address: source.address, theme, clock, size: terminalSize(), maxFps });
  let instance: Instance | undefined;
  let lendTerminal: LendTerminal | undefined;
  const onReady = (lend: LendTerminal) => {
    lendTerminal = lend;
  };

  function outside(command: Outside): void {
    switch (command) {
      case 'quit':
        instance?.unmount();
        break;
      case 'redraw':
        redraw();
        break;
      case 'suspend':
        void lendTerminal?.(stop);
    }
  }

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
  const running = Promise.all([datacenter.run(ended.signal), app.run(ended.signal)]);
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
