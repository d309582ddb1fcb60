import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Story } from './story.ts';

const folder = join(import.meta.dirname, 'stories');
/** `STORIES=write vitest ...` writes what happens as what is expected. Read the difference before keeping it. */
const rewrite = process.env.STORIES === 'write';

/** Comments and blank lines stay; a command is a line with its outcome behind `----` up to the next blank line. */
function retell(text: string): string {
  const story = new Story();
  const out: string[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    out.push(line);
    if (line === '' || line.startsWith('#')) continue;
    const outcome = story.run(line);
    out.push('----', outcome);
    if (lines[i + 1] === '----') while (i + 1 < lines.length && lines[i + 1] !== '') i++;
    if (lines[i + 1] !== '') out.push('');
  }
  return out.join('\n');
}

describe('stories about cores', () => {
  for (const name of readdirSync(folder)) {
    it(`goes as told in ${name}`, () => {
      const file = join(folder, name);
      const text = readFileSync(file, 'utf8');
      const told = retell(text);
      if (rewrite) writeFileSync(file, told);
      expect(told).toBe(text);
    });
  }
});
