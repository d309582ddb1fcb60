/**
 * Meaning to colour. Every tone is legible on a dark and on a light background: with 256 and more colours by its
 * contrast to both, with 16 by using the colours that the user's own palette defines. Without colours bold, dim and
 * inverse remain. No state is told by colour alone: `signs` stand beside them.
 */
import type { Line, Span, Tone } from './text.ts';

/** How many colours: none, 16, 256, or 16 million. */
export type ColorDepth = 'none' | '16' | '256' | 'true';

export interface Theme {
  readonly depth: ColorDepth;
  /** Terminal bytes of one row, styles closed at its end. */
  paint(line: Line): string;
}

interface Color {
  /** SGR parameters for each depth; the true colour as RGB. */
  readonly ansi: string;
  readonly indexed: number | undefined;
  readonly rgb: readonly [number, number, number] | undefined;
}

/** The palette. `plain` is the terminal's own text colour; `muted` is dim where colours are few. */
export const palette: Readonly<Record<Tone, Color>> = {
  plain: { ansi: '', indexed: undefined, rgb: undefined },
  muted: { ansi: '2', indexed: 244, rgb: [0x80, 0x82, 0x88] },
  border: { ansi: '2', indexed: 244, rgb: [0x7a, 0x80, 0x8c] },
  accent: { ansi: '36', indexed: 31, rgb: [0x0e, 0x8f, 0xb8] },
  value: { ansi: '34', indexed: 68, rgb: [0x4f, 0x83, 0xdc] },
  info: { ansi: '35', indexed: 133, rgb: [0xac, 0x68, 0xd0] },
  good: { ansi: '32', indexed: 29, rgb: [0x18, 0x96, 0x5c] },
  warn: { ansi: '33', indexed: 136, rgb: [0xb9, 0x7d, 0x14] },
  bad: { ansi: '31', indexed: 167, rgb: [0xe0, 0x4f, 0x5a] },
};

/** A sign for each state, so that none depends on colour. All are one cell wide. */
export const signs = {
  good: '●',
  warn: '▲',
  bad: '✖',
  off: '○',
  busy: '◌',
  stale: '◐',
  denied: '⊘',
  leader: '★',
  open: '▾',
  closed: '▸',
  paused: '‖',
} as const;

export function createTheme(depth: ColorDepth): Theme {
  const codes = Object.fromEntries(
    Object.entries(palette).map(([tone, color]) => [tone, foreground(color, depth)]),
  ) as Record<Tone, string>;

  function style({ tone, bold, inverse }: Span): string {
    const parts: string[] = [];
    if (bold) parts.push('1');
    const color = codes[tone ?? 'plain'];
    // Dim and bold cancel each other in many terminals; what is bold is not muted.
    if (color !== '' && !(bold && color === '2')) parts.push(color);
    if (inverse) parts.push('7');
    return parts.join(';');
  }

  return {
    depth,
    paint(line) {
      let out = '';
      let current = '';
      for (const part of line) {
        if (part.text === '') continue;
        const next = style(part);
        if (next !== current) {
          if (current !== '') out += '\x1b[0m';
          if (next !== '') out += `\x1b[${next}m`;
          current = next;
        }
        out += part.text;
      }
      return current === '' ? out : `${out}\x1b[0m`;
    },
  };
}

function foreground({ ansi, indexed, rgb }: Color, depth: ColorDepth): string {
  switch (depth) {
    case 'none':
      return ansi === '2' ? ansi : '';
    case '16':
      return ansi;
    case '256':
      return indexed === undefined ? ansi : `38;5;${indexed}`;
    case 'true':
      return rgb === undefined ? ansi : `38;2;${rgb.join(';')}`;
  }
}

/** What a terminal can show, told by its environment (https://no-color.org, FORCE_COLOR, COLORTERM, TERM). */
export function detectColorDepth(env: Readonly<Record<string, string | undefined>>): ColorDepth {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return 'none';
  const forced = env['FORCE_COLOR'];
  if (forced === '0' || forced === 'false') return 'none';
  if (forced === '3') return 'true';
  if (forced === '2') return '256';
  if (forced === '1') return '16';
  const term = env['TERM'] ?? '';
  if (term === 'dumb') return 'none';
  const colorTerm = env['COLORTERM'];
  if (colorTerm === 'truecolor' || colorTerm === '24bit' || term.endsWith('-direct')) return 'true';
  if (/kitty|ghostty|wezterm|alacritty/.test(term)) return 'true';
  return /256(color)?$/.test(term) ? '256' : '16';
}
