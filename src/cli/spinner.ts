/** The moving line itself, by ora. */
import ora from 'ora';
import type { Progress } from './progress.ts';

export function spinner(text: string): Progress {
  // stdin is left alone: keys typed meanwhile are for whoever reads next.
  const line = ora({ text, stream: process.stderr, discardStdin: false, isEnabled: true }).start();
  return {
    say(next) {
      line.text = next;
    },
    end: () => void line.stop(),
  };
}
