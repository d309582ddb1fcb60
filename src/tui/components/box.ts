/** The frame of everything that is laid over a page. */
import { type Line, lineWidth, span } from '../text.ts';
import type { Size } from '../views/view.ts';
import { framed } from './frame.ts';

export interface BoxOptions {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly footnote?: Line;
  readonly size: Size;
  /** Cells inside the frame it would like at least. */
  readonly width?: number;
}

/** As large as what is in it, at most as large as the screen allows. */
export function box({ title, lines, footnote, size, width = 0 }: BoxOptions): Line[] {
  const widest = Math.max(width, lineWidth([span(title)]) + 6, ...lines.map(lineWidth));
  return framed(lines, {
    title: [span(title, 'plain', { bold: true })],
    ...(footnote && { footnote }),
    width: Math.min(size.width, widest + 4),
    height: Math.min(size.height, lines.length + 2),
    focused: true,
  });
}
