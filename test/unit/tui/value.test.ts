import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineWidth, plainText } from '../../../src/tui/text.ts';
import { type ValueFormat, valueFormats, valueLines } from '../../../src/tui/views/kv/value.ts';

const encode = (text: string) => new TextEncoder().encode(text);

function shown(value: string | Uint8Array, format: ValueFormat = 'auto', width = 60): string[] {
  const lines = valueLines(typeof value === 'string' ? encode(value) : value, format, width);
  return Array.from({ length: lines.count }, (_, index) => plainText(lines.line(index)));
}

describe('the value of a key', () => {
  it('is shown as JSON when it is an object, every number as it was written', () => {
    expect(shown('{"id":12345678901234567890,"rate":1.50,"on":true}')).toEqual([
      '{',
      '  "id": 12345678901234567890,',
      '  "rate": 1.50,',
      '  "on": true',
      '}',
    ]);
  });

  it('is shown as text when it is text, even if JSON would take it', () => {
    expect(valueLines(encode('42'), 'auto', 40).format).toBe('text');
    expect(shown('a\nb\n')).toEqual(['a', 'b']);
  });

  it('is shown as bytes when it is none', () => {
    expect(shown(Uint8Array.of(0, 255, 65), 'auto', 40)).toEqual(['00000000  00 ff 41    ··A']);
  });

  it('says so when it is asked to be JSON and is not', () => {
    expect(shown('{"half":', 'json')).toEqual(['not JSON']);
  });

  it('may be empty', () => {
    for (const format of valueFormats) expect(shown('', format)).toHaveLength(1);
  });

  it('never breaks the frame, whatever its bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(...valueFormats),
        fc.integer({ min: 20, max: 100 }),
        (value, format, width) => {
          const lines = valueLines(value, format, width);
          for (let index = 0; index < lines.count; index++) {
            expect(lineWidth(lines.line(index))).toBeLessThanOrEqual(width);
            expect(plainText(lines.line(index))).not.toMatch(/[\x00-\x1f\x7f]/);
          }
        },
      ),
    );
  });
});
