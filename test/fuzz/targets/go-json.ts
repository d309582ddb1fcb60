/** JSON bodies as Go reads them. */
import { JsonError, parseFirst, parseWhole, quote } from '../../../src/lib/go-json/index.ts';
import { jsonCorpus, jsonWords } from '../corpus.ts';
import { holds, type Target, unlessRefused } from '../target.ts';

export function goJsonTarget(): Target {
  return {
    corpus: jsonCorpus.map((text) => Buffer.from(text)),
    words: jsonWords,
    run(input) {
      const whole = unlessRefused(() => parseWhole(input), JsonError);
      const first = unlessRefused(() => parseFirst(input), JsonError);
      holds(whole === undefined || first !== undefined, 'a whole document begins with a value');
      const text = Buffer.from(input).toString('latin1');
      holds(parseWhole(quote(text)) === text, 'a quoted text reads back as itself');
    },
  };
}
