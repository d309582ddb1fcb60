import { describe, expect, it } from 'vitest';
import { span } from '../../../src/tui/text.ts';
import {
  type ColorDepth,
  createTheme,
  detectBackground,
  detectColorDepth,
  palettes,
  signs,
} from '../../../src/tui/theme.ts';

function luminance(rgb: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: number, b: number): number {
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** RGB of a colour of the 256 colour table above the first 16. */
function indexedRgb(index: number): number[] {
  if (index >= 232) return Array<number>(3).fill(8 + (index - 232) * 10);
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
}

describe('the colours', () => {
  const cases = (Object.entries(palettes) as [keyof typeof palettes, (typeof palettes)['any']][]).flatMap(
    ([background, palette]) =>
      Object.entries(palette)
        .filter(([tone]) => tone !== 'plain')
        .map(([tone, color]) => [tone, background, color] as const),
  );
  const behind = { any: [0, 1], dark: [0], light: [1] } as const;

  it.each(cases)(
    '%s of the palette "%s" is legible, in 256 and in all colours (WCAG contrast)',
    (tone, background, color) => {
      // Frames are read by nobody: they may be quieter.
      const least = tone === 'border' && background !== 'any' ? 2 : background === 'any' ? 3 : 4.5;
      for (const rgb of [color.rgb!, indexedRgb(color.indexed!)]) {
        for (const level of behind[background]) expect(contrast(luminance(rgb), level)).toBeGreaterThanOrEqual(least);
      }
    },
  );

  it.each([
    ['15;0', 'dark'],
    ['0;15', 'light'],
    ['0;default;7', 'light'],
    [undefined, 'any'],
  ])('COLORFGBG=%s is a background: %s', (value, background) => {
    expect(detectBackground(value === undefined ? {} : { COLORFGBG: value })).toBe(background);
  });

  it('are written for the depth of the terminal', () => {
    const paint = (depth: ColorDepth) => createTheme(depth).paint([span('x', 'bad', { bold: true })]);
    expect(paint('none')).toBe('\x1b[1mx\x1b[0m');
    expect(paint('16')).toBe('\x1b[1;31mx\x1b[0m');
    expect(paint('256')).toBe('\x1b[1;38;5;167mx\x1b[0m');
    expect(paint('true')).toBe('\x1b[1;38;2;224;79;90mx\x1b[0m');
  });

  it('leave bold, dim and inverse where there are none, so that a cursor is still seen', () => {
    const theme = createTheme('none');
    expect(theme.paint([span('x', 'accent', { inverse: true })])).toBe('\x1b[7mx\x1b[0m');
    expect(theme.paint([span('x', 'good')])).toBe('x');
    expect(theme.paint([span('x', 'muted')])).toBe('\x1b[2mx\x1b[0m');
  });

  it('are closed at the end of a run and of a line', () => {
    expect(createTheme('16').paint([span('a', 'good'), span('b', 'good'), span('c')])).toBe('\x1b[32mab\x1b[0mc');
  });
});

describe('how many colours a terminal has', () => {
  const cases: readonly (readonly [Record<string, string>, ColorDepth])[] = [
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 'true'],
    [{ TERM: 'xterm-256color' }, '256'],
    [{ TERM: 'screen' }, '16'],
    [{ TERM: 'dumb' }, 'none'],
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor', NO_COLOR: '1' }, 'none'],
    [{ TERM: 'xterm-256color', NO_COLOR: '' }, '256'],
    [{ TERM: 'dumb', FORCE_COLOR: '3' }, 'true'],
    [{ TERM: 'xterm', FORCE_COLOR: '0' }, 'none'],
  ];

  it.each(cases)('%o is %s', (env, depth) => {
    expect(detectColorDepth(env)).toBe(depth);
  });
});

describe('the signs', () => {
  it('tell the states apart without colour', () => {
    const states = [signs.good, signs.warn, signs.bad, signs.off, signs.busy, signs.stale, signs.denied];
    expect(new Set(states).size).toBe(states.length);
  });
});
