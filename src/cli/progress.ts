/** What is shown while long work goes on: a moving line on a terminal, nothing anywhere else. */
import type { Io } from './command.ts';

export interface Progress {
  /** What is done now; takes the place of the text before. */
  say(text: string): void;
  /** Takes the line away. */
  end(): void;
}

/** Work that is done sooner shows nothing. */
const patienceMs = 300;

const silent: Progress = { say() {}, end() {} };

/** Terminals that cannot take a line back, and logs of build machines that look like terminals. */
const isPlain = ({ env }: Pick<Io, 'env'>): boolean => env['TERM'] === 'dumb' || Boolean(env['CI']);

export function startProgress(io: Pick<Io, 'env' | 'isTerminal'>, text: string): Progress {
  if (isPlain(io) || !io.isTerminal('stderr')) return silent;
  let latest = text;
  let ended = false;
  let line: Progress | undefined;
  const timer = setTimeout(async () => {
    const { spinner } = await import('./spinner.ts');
    if (!ended) line = spinner(latest);
  }, patienceMs);
  return {
    say(next) {
      latest = next;
      line?.say(next);
    },
    end() {
      ended = true;
      clearTimeout(timer);
      line?.end();
    },
  };
}
