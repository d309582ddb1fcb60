/** A box with its title in the border. Pure: lines in, lines out, all exactly as wide and high as asked. */
import { fitLine, type Line, lineWidth, span, type Tone } from '../text.ts';

export interface FrameOptions {
  readonly title: Line;
  /** At the right end of the upper border. */
  readonly note?: Line;
  /** In the lower border. */
  readonly footnote?: Line;
  readonly width: number;
  readonly height: number;
  readonly focused?: boolean;
  /** Of the border, where it says something itself. */
  readonly tone?: Tone;
}

/** What fits inside a frame of this size: two cells are border, two are margin. */
export function innerSize(width: number, height: number): { width: number; height: number } {
  return { width: Math.max(0, width - 4), height: Math.max(0, height - 2) };
}

export function framed(lines: readonly Line[], options: FrameOptions): Line[] {
  const { width, height, focused = false } = options;
  if (height <= 0 || width <= 0) return [];
  const tone = options.tone ?? (focused ? 'accent' : 'border');
  if (height < 3 || width < 8) return filled(lines, width, height);
  const inner = innerSize(width, height);
  const top = edge('╭', '╮', options.title, options.note ?? [], width, tone);
  const bottom = edge('╰', '╯', [], options.footnote ?? [], width, tone);
  const body = filled(lines, inner.width, inner.height).map((line) => [span('│ ', tone), ...line, span(' │', tone)]);
  return [top, ...body, bottom];
}

function filled(lines: readonly Line[], width: number, height: number): Line[] {
  return Array.from({ length: height }, (_, index) => fitLine(lines[index] ?? [], width));
}

function edge(left: string, right: string, title: Line, note: Line, width: number, tone: Tone): Line {
  const room = width - 4;
  const titled = lineWidth(title) > 0 ? [span(' '), ...title, span(' ')] : [];
  const shownTitle = lineWidth(titled) > room ? fitLine(titled, room) : titled;
  const noted = lineWidth(note) > 0 ? [span(' '), ...note, span(' ')] : [];
  const shownNote = lineWidth(shownTitle) + lineWidth(noted) > room ? [] : noted;
  const rule = '─'.repeat(room - lineWidth(shownTitle) - lineWidth(shownNote));
  return [span(`${left}─`, tone), ...shownTitle, span(rule, tone), ...shownNote, span(`─${right}`, tone)];
}
