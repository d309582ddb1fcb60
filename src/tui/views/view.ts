/**
 * What every view of the dashboard is: data that runs while it is shown, commands, and a drawing. The drawing is a pure
 * function of what the view holds, as lines of spans: exactly the width and height asked for.
 */
import type { Command, Scope } from '../keys.ts';
import type { Store } from '../models/store.ts';
import type { Line } from '../text.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Drawing extends Size {
  readonly nowMs: number;
}

export interface View {
  readonly id: string;
  readonly title: string;
  /** Whose keys are valid here, the most special first; `global` is understood. */
  readonly scopes: readonly Scope[];
  /** The text behind `/`; a view without rows has none. */
  readonly filter?: Store<string>;
  subscribe(listener: () => void): () => void;
  /** Runs while the view is shown; called again when it is shown again. */
  run(signal: AbortSignal): Promise<void>;
  /** False if the command means nothing here. */
  handle(command: Command, size: Size): boolean;
  draw(drawing: Drawing): Line[];
}

/** Panels next to each other; all of the same height. */
export function beside(...panels: readonly (readonly Line[])[]): Line[] {
  return (panels[0] ?? []).map((_, row) => panels.flatMap((panel) => panel[row] ?? []));
}

/** Subscribes to several things at once. */
export function subscribeAll(
  sources: readonly { subscribe(listener: () => void): () => void }[],
): (listener: () => void) => () => void {
  return (listener) => {
    const stops = sources.map((source) => source.subscribe(listener));
    return () => {
      for (const stop of stops) stop();
    };
  };
}
