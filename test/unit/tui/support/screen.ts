/** Drives the whole dashboard on a virtual terminal, as a person would: `press`, `type`, and a look at the screen. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { runDashboard } from '../../../../src/tui/dashboard.tsx';
import { createKeyMap, type KeyMap } from '../../../../src/tui/keys.ts';
import type { Background, ColorDepth } from '../../../../src/tui/theme.ts';
import { type FakeSource, fakeSource } from './fake-source.ts';
import { type ManualClock, manualClock, settle } from './manual-clock.ts';
import { screenToSvg } from './svg.ts';
import { type VirtualTerminal, virtualTerminal } from './virtual-terminal.ts';

const goldenFolder = join(import.meta.dirname, '../golden');
const pictureFolder = join(import.meta.dirname, '../../../../docs/img');

/** Set it to write the golden screens anew. */
const rewrite = process.env['UPDATE_GOLDEN'] !== undefined;

/** Tests do not wait for frames as people do. */
const maxFps = 200;

const keyBytes: Readonly<Record<string, string>> = {
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  pgup: '\x1b[5~',
  pgdn: '\x1b[6~',
  home: '\x1b[H',
  end: '\x1b[F',
  enter: '\r',
  esc: '\x1b',
  tab: '\t',
  'shift-tab': '\x1b[Z',
  backspace: '\x7f',
  space: ' ',
  'ctrl-c': '\x03',
  'ctrl-l': '\x0c',
  'ctrl-u': '\x15',
  'ctrl-z': '\x1a',
};

export interface Screen {
  readonly source: FakeSource;
  readonly clock: ManualClock;
  readonly terminal: VirtualTerminal;
  /** Resolves when the dashboard has ended; rejects with what broke it. */
  readonly ended: Promise<void>;
  press(...keys: string[]): Promise<void>;
  type(text: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** Lets time pass, and everything drawn that is to be drawn. */
  pass(ms: number): Promise<void>;
  text(): string;
  /** The screen is the one in `golden/NAME.txt`, at 120x40 with its colours as in `golden/NAME.svg`. */
  expectGolden(name: string): void;
  /** The screen is the picture `docs/img/NAME.svg`. */
  expectPicture(name: string, title: string): void;
  expectScreen(...parts: (string | RegExp)[]): void;
  expectNot(...parts: (string | RegExp)[]): void;
  quit(): Promise<void>;
}

export interface ScreenOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly source?: FakeSource;
  readonly depth?: ColorDepth;
  readonly background?: Background;
  readonly keys?: KeyMap;
  readonly readOnly?: boolean;
  readonly view?: string;
  readonly stop?: () => Promise<void>;
  readonly edit?: (text: string, fileName: string) => Promise<string | undefined>;
  /** What the terminal shows at the cursor when the program comes: keys that were pressed too early. */
  readonly echoed?: string;
}

function expectFile(file: string, now: string): void {
  if (rewrite || !existsSync(file)) {
    if (!rewrite) throw new Error(`no golden screen ${file}: run with UPDATE_GOLDEN=1 and look at it`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, now);
  }
  expect(now).toBe(readFileSync(file, 'utf8'));
}

export async function openScreen(options: ScreenOptions = {}): Promise<Screen> {
  const { columns = 80, rows = 24, source = fakeSource(), depth = 'true', background = 'any', stop, edit } = options;
  const { keys = createKeyMap(), readOnly = false, view = 'pulse' } = options;
  const [viewName = '', ...words] = view.split(' ');
  const clock = manualClock();
  const terminal = virtualTerminal(columns, rows);
  if (options.echoed !== undefined) terminal.stdout.write(options.echoed);
  const ended = runDashboard({
    source,
    clock,
    theme: { depth, background },
    keys,
    readOnly,
    start: { view: viewName, argument: words.join(' ') },
    terminal,
    maxFps,
    ...(stop && { stop }),
    ...(edit && { edit }),
  });
  // Looked at by the test, or by `quit`: never unhandled.
  ended.catch(() => {});

  /** The terminal library's timers run in real time. */
  async function drawn(): Promise<void> {
    await clock.advance(1000 / maxFps);
    await new Promise((resolve) => setTimeout(resolve, 2000 / maxFps));
    await settle();
    await terminal.drained();
  }

  const screen: Screen = {
    source,
    clock,
    terminal,
    ended,
    async press(...keys) {
      for (const key of keys) {
        terminal.send(keyBytes[key] ?? key);
        // A lone escape byte waits a moment for the rest of a sequence.
        if (key === 'esc') await new Promise((resolve) => setTimeout(resolve, 30));
        await settle();
      }
      await drawn();
    },
    async type(text) {
      for (const character of text) {
        terminal.send(character);
        await settle();
      }
      await drawn();
    },
    async resize(nextColumns, nextRows) {
      terminal.resize(nextColumns, nextRows);
      await drawn();
    },
    async pass(ms) {
      await clock.advance(ms);
      await drawn();
    },
    text: () => terminal.lines().join('\n'),
    expectGolden(name) {
      expectFile(join(goldenFolder, `${name}.txt`), `${screen.text()}\n`);
      // Colours once: at the other sizes they are the same.
      if (name.endsWith('-120x40'))
        expectFile(join(goldenFolder, `${name}.svg`), screenToSvg(terminal.xterm, `tc top: ${name}`));
    },
    expectPicture: (name, title) => expectFile(join(pictureFolder, `${name}.svg`), screenToSvg(terminal.xterm, title)),
    expectScreen(...parts) {
      for (const part of parts) expect(screen.text()).toMatch(part);
    },
    expectNot(...parts) {
      for (const part of parts) expect(screen.text()).not.toMatch(part);
    },
    async quit() {
      // Whatever is open is closed first.
      await screen.press('ctrl-c', 'ctrl-c', 'ctrl-c', 'ctrl-c', 'ctrl-c');
      await ended;
    },
  };
  await clock.advance(100);
  await drawn();
  return screen;
}
