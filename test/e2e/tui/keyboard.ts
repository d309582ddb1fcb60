/** `tc top` in a real terminal, as fingers and eyes know it: `press`, `type`, `expectScreen`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { tc } from '../agent-process.ts';
import { Tmux } from './tmux.ts';

export interface KeyboardOptions {
  /** Of the agent: `CONSUL_HTTP_ADDR` and the like. */
  readonly env: Readonly<Record<string, string>>;
  /** Where files land. */
  readonly folder: string;
  /** Words after `tc top`. */
  readonly args?: string;
  readonly columns?: number;
  readonly rows?: number;
}

export class Keyboard implements AsyncDisposable {
  readonly #tmux: Tmux;

  private constructor(tmux: Tmux) {
    this.#tmux = tmux;
  }

  static async open({ env, folder, args = '', columns = 120, rows = 36 }: KeyboardOptions): Promise<Keyboard> {
    const tmux = await Tmux.open({ columns, rows, env });
    await tmux.type(`cd ${folder}; ${tc} top ${args}`);
    await tmux.press('Enter');
    return new Keyboard(tmux);
  }

  async press(...keys: string[]): Promise<void> {
    await this.#tmux.press(...keys);
    // What comes right behind an escape is taken for a part of its sequence.
    if (keys.at(-1) === 'Escape') await sleep(100);
  }

  type = (text: string) => this.#tmux.type(text);
  expectScreen = (pattern: RegExp, timeoutMs?: number) => this.#tmux.until(pattern, timeoutMs);

  async go(words: string): Promise<void> {
    await this.press('Escape');
    await this.type(`:${words}`);
    await this.press('Enter');
  }

  /** Leaves the one row with this text. */
  async pick(text: string): Promise<void> {
    await this.type(`/${text}`);
    await this.press('Enter');
    await this.expectScreen(/ 1\/1 /);
  }

  /** The action of this place in the menu, its fields, and yes. */
  async act(title: RegExp, place: number, fields: readonly string[] = []): Promise<void> {
    await this.press('x');
    await this.expectScreen(title);
    await this.press(...Array<string>(place).fill('j'), 'Enter');
    for (const field of fields) {
      await this.press('C-u');
      await this.type(field);
      await this.press('Enter');
    }
    await this.expectScreen(/y do it/);
    await this.press('y');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#tmux[Symbol.asyncDispose]();
  }
}
