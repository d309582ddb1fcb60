/**
 * Meaning to colour. There is a palette for dark backgrounds, one for light ones, and one that is legible on both, for
 * terminals that do not say what they are; with 16 colours the user's own palette decides. Without colours bold, dim
 * and inverse remain. No state is told by colour alone: `signs` stand beside them.
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

export type Background = 'any' | 'dark' | 'light';

type Palette = Readonly<Record<Tone, Color>>;

const color = (ansi: string, indexed: number, rgb: number): Color => ({
  ansi,
  indexed,
  rgb: [rgb >> 16, (rgb >> 8) & 0xff, rgb & 0xff],
});

/** `plain` is the terminal's own text colour; `muted` is dim where colours are few. */
const plain: Color = { ansi: '', indexed: undefined, rgb: undefined };

export const palettes: Readonly<Record<Background, Palette>> = {
  any: {
    plain,
    muted: color('2', 244, 0x808288),
    border: color('2', 244, 0x7a808c),
    accent: color('36', 31, 0x0e8fb8),
    value: color('34', 68, 0x4f83dc),
    info: color('35', 133, 0xac68d0),
    good: color('32', 29, 0x18965c),
    warn: color('33', 136, 0xb97d14),
    bad: color('31', 167, 0xe04f5a),
  },
  dark: {
    plain,
    muted: color('2', 246, 0x9098a4),
    border: color('2', 240, 0x596273),
    accent: color('36', 44, 0x3cc8ea),
    value: color('34', 111, 0x86b4ff),
    info: color('35', 177, 0xcf92f2),
    good: color('32', 78, 0x4fd18b),
    warn: color('33', 214, 0xf3b13c),
    bad: color('31', 203, 0xff6b70),
  },
  light: {
    plain,
    muted: color('2', 241, 0x5c626c),
    border: color('2', 248, 0x8a93a1),
    accent: color('36', 24, 0x00658a),
    value: color('34', 25, 0x1f55b5),
    info: color('35', 91, 0x7a35a6),
    good: color('32', 22, 0x0b6b3d),
    warn: color('33', 94, 0x8a5500),
    bad: color('31', 124, 0xb8202c),
  },
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
  mark: '◆',
  pin: '■',
} as const;

export function createTheme(depth: ColorDepth, background: Background = 'any'): Theme {
  const codes = Object.fromEntries(
    Object.entries(palettes[background]).map(([tone, each]) => [tone, foreground(each, depth)]),
  ) as Record<Tone, string>;

  function style({ tone, bold, inverse }: Span): string {
    const parts: string[] = [];
    if (bold) parts.push('1');
    const code = codes[tone ?? 'plain'];
    // Dim and bold cancel each other in many terminals; what is bold is not muted.
    if (code !== '' && !(bold && code === '2')) parts.push(code);
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

/** `COLORFGBG=15;0` of some terminals says what they look like. */
export function detectBackground(env: Readonly<Record<string, string | undefined>>): Background {
  const behind = /;(\d+)$/.exec(env['COLORFGBG'] ?? '')?.[1];
  if (behind === undefined) return 'any';
  return Number(behind) === 7 || Number(behind) > 8 ? 'light' : 'dark';
}

/** What `:theme` and the configuration take. */
export const themeNames = ['any', 'dark', 'light', 'true', '256', '16', 'none'] as const;

export interface ThemeChoice {
  readonly depth: ColorDepth;
  readonly background: Background;
}

/** A name changes the background or the depth; undefined for one that does not exist. */
export function chooseTheme(name: string, before: ThemeChoice): ThemeChoice | undefined {
  if (name === 'any' || name === 'dark' || name === 'light') return { ...before, background: name };
  if (name === 'true' || name === '256' || name === '16' || name === 'none') return { ...before, depth: name };
  return undefined;
}
