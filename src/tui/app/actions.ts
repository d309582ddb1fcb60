/**
 * What can be done to the datacenter from the screen. Every action goes the same way: menu, form where it needs values,
 * a confirmation that shows the equal command, and only after `y` the write. With `-read-only` the way ends at the menu.
 */
import { confirmLayer } from '../components/confirm.ts';
import { type Field, formLayer, type Values } from '../components/form.ts';
import { menuLayer } from '../components/menu.ts';
import { SourceError } from '../source/source.ts';
import type { ViewContext } from '../views/view.ts';

export type { Field, Values } from '../components/form.ts';

export interface Action {
  readonly title: string;
  /** What it means, where the title does not say it: what cannot be undone, whom it hurts. */
  readonly warning?: string;
  readonly fields?: readonly Field[];
  /** Writes nothing by itself: needs no confirmation. */
  readonly harmless?: true;
  /** The shell command that does the same, one line each. */
  readonly command: (values: Values) => string | readonly string[];
  /** Resolves with what was done, for the bottom line; throws a `SourceError` with the agent's words. */
  readonly run: (values: Values, signal: AbortSignal) => Promise<string>;
}

export type ActionContext = Pick<ViewContext, 'readOnly' | 'ended' | 'show' | 'say'>;

export function chooseAction(context: ActionContext, subject: string, actions: readonly Action[]): void {
  const { readOnly, show } = context;
  show((close) =>
    menuLayer({
      title: subject,
      items: actions.map(({ title, warning = '' }) => ({ title, note: warning })),
      disabled: readOnly ? 'read-only: tc top was started with -read-only' : undefined,
      close,
      choose(index) {
        close();
        startAction(context, actions[index]!);
      },
    }),
  );
}

/** From the form, or the confirmation, on. */
export function startAction(context: ActionContext, action: Action): void {
  const { readOnly, show, say } = context;
  if (readOnly && !action.harmless) {
    say({ text: 'read-only: tc top was started with -read-only', tone: 'warn' });
    return;
  }
  const { title, fields = [] } = action;
  if (fields.length === 0) {
    confirm(context, action, {});
    return;
  }
  show((close) =>
    formLayer({
      title,
      fields,
      close,
      submit(values) {
        close();
        confirm(context, action, values);
      },
    }),
  );
}

function confirm(context: ActionContext, action: Action, values: Values): void {
  const { show } = context;
  if (action.harmless) {
    perform(context, action, values);
    return;
  }
  const command = action.command(values);
  show((close) =>
    confirmLayer({
      title: action.title,
      warning: action.warning,
      commands: typeof command === 'string' ? [command] : command,
      close,
      confirmed() {
        close();
        perform(context, action, values);
      },
    }),
  );
}

function perform({ say, ended }: ActionContext, { title, run }: Action, values: Values): void {
  say({ text: `${title} …`, tone: 'muted' });
  run(values, ended).then(
    (done) => say({ text: done, tone: 'good' }),
    (error: unknown) => {
      if (!(error instanceof SourceError)) throw error;
      say({ text: `${title}: ${error.message.trim()}`, tone: 'bad' });
    },
  );
}

/** A word of a shell command line. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export function shellLine(...words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}
