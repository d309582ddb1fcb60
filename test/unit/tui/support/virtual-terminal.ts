/** A terminal without a window: what a program writes becomes a screen to look at, and keys go back. */
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import xterm, { type IBufferCell, type Terminal } from '@xterm/headless';

export interface VirtualTerminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly xterm: Terminal;
  /** Rows of the screen, without spaces at their ends. */
  lines(): string[];
  resize(columns: number, rows: number): void;
  /** Bytes as a keyboard sends them. */
  send(bytes: string): void;
  /** Resolves when everything written so far is on the screen. */
  drained(): Promise<void>;
  /** What the terminal was left in. */
  modes(): { readonly alternate: boolean; readonly cursorHidden: boolean; readonly raw: boolean };
  /** Bytes written so far. */
  written(): number;
  /** The last bytes that were written. */
  tail(): string;
}

export function virtualTerminal(columns: number, rows: number): VirtualTerminal {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 100 });
  let written = 0;
  let tail = '';
  let cursorHidden = false;
  let raw = false;

  const stdout = Object.assign(new EventEmitter(), {
    isTTY: true,
    columns,
    rows,
    writable: true,
    destroyed: false,
    writableEnded: false,
    write(data: string | Uint8Array, ...rest: unknown[]): boolean {
      const text = typeof data === 'string' ? data : Buffer.from(data).toString();
      written += text.length;
      tail = (tail + text).slice(-8_000);
      for (const [mode] of text.matchAll(/\x1b\[\?25[hl]/g)) cursorHidden = mode.endsWith('l');
      // A real terminal's line discipline turns line feeds into new lines.
      terminal.write(text.replaceAll('\n', '\r\n'));
      const done = rest.findLast((each) => typeof each === 'function') as (() => void) | undefined;
      if (done) queueMicrotask(done);
      return true;
    },
  });

  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    isRaw: false,
    setRawMode(mode: boolean) {
      raw = mode;
      return stdin;
    },
    ref: () => stdin,
    unref: () => stdin,
  });

  return {
    // Only what Ink uses of the real streams is there.
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    xterm: terminal,
    lines() {
      const { active } = terminal.buffer;
      return Array.from({ length: terminal.rows }, (_, row) =>
        (active.getLine(active.baseY + row)?.translateToString(true) ?? '').trimEnd(),
      );
    },
    resize(nextColumns, nextRows) {
      terminal.resize(nextColumns, nextRows);
      Object.assign(stdout, { columns: nextColumns, rows: nextRows });
      stdout.emit('resize');
    },
    send: (bytes) => void stdin.write(bytes),
    drained: () => new Promise((resolve) => terminal.write('', resolve)),
    modes: () => ({ alternate: terminal.buffer.active.type === 'alternate', cursorHidden, raw }),
    written: () => written,
    tail: () => tail,
  };
}

/** A cell of the screen with its style, as numbers the way xterm has them. */
export function cellStyle(cell: IBufferCell): string {
  const color = cell.isFgDefault()
    ? ''
    : cell.isFgRGB()
      ? `#${cell.getFgColor().toString(16)}`
      : `${cell.getFgColor()}`;
  return [color, cell.isBold() ? 'b' : '', cell.isDim() ? 'd' : '', cell.isInverse() ? 'i' : ''].join('');
}
