/** A program in a real terminal: tmux on a socket of its own, without anybody's configuration. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Undefined when tmux can be used; else why it cannot. */
export function whyNoTmux(): string | undefined {
  const { error, status } = spawnSync('tmux', ['-V']);
  return error === undefined && status === 0 ? undefined : 'tmux is not installed';
}

/** The shell waits for a command. */
export const prompt = /^ready:$/m;

export interface TmuxOptions {
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
}

export class Tmux {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tc-tmux-'));

  /** A shell that waits for its first command. */
  static async open({ columns, rows, env = {} }: TmuxOptions): Promise<Tmux> {
    const tmux = new Tmux();
    await tmux.#run(
      ...['-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows)],
      ...Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
      'exec /bin/sh',
    );
    await tmux.#run('set-option', '-g', 'status', 'off');
    await tmux.resize(columns, rows);
    // Typed, because shells that run as root have a prompt of their own.
    await tmux.type("PS1='ready:'; clear");
    await tmux.press('Enter');
    await tmux.until(prompt);
    return tmux;
  }

  async #run(...args: string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-S', join(this.#folder, 'socket'), ...args], {
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  }

  /** Text as it is typed. */
  async type(text: string): Promise<void> {
    await this.#run('send-keys', '-l', text);
  }

  /** Keys by tmux's names: `Enter`, `Escape`, `C-z`. */
  async press(...keys: string[]): Promise<void> {
    await this.#run('send-keys', ...keys);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#run('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** The screen as text; with `colors` also its styles, as terminal bytes. */
  screen(colors = false): Promise<string> {
    return this.#run('capture-pane', '-p', ...(colors ? ['-e'] : []));
  }

  /** A value of the pane: `alternate_on`, `cursor_flag`, `pane_current_command`. */
  async value(name: string): Promise<string> {
    return (await this.#run('display-message', '-p', `#{${name}}`)).trim();
  }

  /** Resolves with the screen once it matches. */
  async until(pattern: RegExp, timeoutMs = 15_000): Promise<string> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const screen = await this.screen();
      if (pattern.test(screen)) return screen;
      if (Date.now() > end) throw new Error(`the screen never showed ${pattern}:\n${screen}`);
      await sleep(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run('kill-server').catch((error: Error) => {
      // The shell may have ended by itself, and the server with it.
      if (!/no server running|server exited|error connecting/.test(error.message)) throw error;
    });
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
